import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filtersIn, filtersText, isWanted, listQuery, noFilters } from './image-filters.ts';

const id = 'd34dbeef-0000-4000-8000-000000000000';

describe('filters', () => {
  test('are in the address of the page, as far as they are not the usual ones', () => {
    const filters = { ...noFilters, search: 'gold & co', origin: 'mine', tag: 'ä' } as const;

    const text = filtersText(filters);

    assert.equal(text, 'search=gold+%26+co&origin=mine&tag=%C3%A4');
    assert.deepEqual(filtersIn(new URLSearchParams(text)), filters);
    assert.equal(filtersText(noFilters), '');
  });

  test('are the usual ones where the address says nonsense', () => {
    const query = new URLSearchParams('origin=theirs&status=fine&sort=owner:up&limit=5');

    assert.deepEqual(filtersIn(query), noFilters);
  });

  test('become what the service can be asked for', () => {
    const asked = (filters: Partial<typeof noFilters>) =>
      listQuery({ ...noFilters, ...filters }, 'own').toString();

    assert.equal(asked({}), 'sort=created_at%3Adesc&limit=200');
    assert.equal(asked({ search: 'gold' }), 'sort=created_at%3Adesc&limit=1000');
    assert.equal(asked({ search: ` ${id} ` }), `sort=created_at%3Adesc&limit=1000&id=${id}`);
    assert.match(asked({ origin: 'mine' }), /&owner=own$/);
    assert.match(asked({ origin: 'shared' }), /&visibility=shared$/);
    assert.match(
      asked({ status: 'active', format: 'iso', tag: 'x' }),
      /&status=active&disk_format=iso&tag=x$/,
    );
  });
});

describe('an image is shown', () => {
  const image = { id, name: 'Golden Debian', owner: 'other' };

  test('when its name has what is searched for, or its id begins so', () => {
    const shown = (search: string) => isWanted(image, { ...noFilters, search }, 'own');

    assert.deepEqual(['', 'debian', ' GOLD', 'd34d', 'd34e', 'beef'].map(shown), [
      ...[true, true, true, true, false, false],
    ]);
    assert.equal(isWanted({ ...image, name: null }, { ...noFilters, search: 'x' }, 'own'), false);
  });

  test('among what is shared with the project only when it is of another one', () => {
    const filters = { ...noFilters, origin: 'shared' } as const;

    assert.equal(isWanted(image, filters, 'own'), true);
    assert.equal(isWanted(image, filters, 'other'), false);
  });
});
