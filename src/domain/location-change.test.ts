import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageWith } from '../../test/support/domain.ts';
import { withLocations } from './location-change.ts';

test('a place that the image has may be named again, one that it has no more may not', () => {
  const [kept, gone] = ['https://a.example/kept', 'https://a.example/gone'];
  const image = imageWith({
    status: 'active',
    size: 5,
    locations: [{ store: 'web', url: kept }],
  });
  const add = (url: string) =>
    withLocations(
      image,
      {
        kind: 'addLocation',
        at: '-',
        location: { url, metadata: { rack: 'b' }, validation: undefined },
      },
      { most: 10, found: new Map() },
    ).locations.map((one) => [one.store, one.url]);

  assert.deepEqual(add(kept), [
    ['web', kept],
    ['web', kept],
  ]);
  assert.throws(() => add(gone), { code: 'InvalidRequest' });
});
