import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noFilters } from './image-filters.ts';
import {
  addressOf,
  familiesPlace,
  imagesPlace,
  inboxPlace,
  type Place,
  placeOf,
  requestsPlace,
} from './place.ts';

const places: Readonly<Record<string, Place>> = {
  images: imagesPlace,
  'images?tag=new': { page: 'images', filters: { ...noFilters, tag: 'new' } },
  'images/d34d': { page: 'image', id: 'd34d' },
  'images/a%2Fb': { page: 'image', id: 'a/b' },
  inbox: inboxPlace,
  'inbox?status=rejected': { page: 'inbox', status: 'rejected' },
  families: familiesPlace,
  'families?side=shared': { page: 'families', side: 'shared' },
  'families/0b/debian-13': { page: 'family', owner: '0b', name: 'debian-13' },
  'families/a%2Fb/c%3Fd': { page: 'family', owner: 'a/b', name: 'c?d' },
  requests: requestsPlace,
  'requests?side=made': { page: 'requests', side: 'made' },
};

for (const [address, place] of Object.entries(places)) {
  test(`${address} is an address, both ways`, () => {
    const [path = '', search = ''] = address.split('?');

    assert.deepEqual(placeOf(path, search), place);
    assert.equal(addressOf(place), address);
  });
}

test('the beginning is the list of images, and what is not known is missing', () => {
  assert.deepEqual(placeOf('', ''), imagesPlace);
  assert.deepEqual(placeOf('inbox', '?status=x'), inboxPlace);
  assert.deepEqual(placeOf('requests', '?side=x'), requestsPlace);
  assert.deepEqual(placeOf('images/%E0%A4%A', ''), { page: 'image', id: '%E0%A4%A' });
  for (const path of [
    'nonsense',
    'inbox/1',
    'requests/1',
    'images/1/2',
    'families/1',
    'families/1/2/3',
  ]) {
    assert.deepEqual(placeOf(path, ''), { page: 'missing' });
  }
});
