import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseOrder } from './sort-order.ts';

/** The order as `key:direction`, which reads at a glance. */
function orderOf(query: string): string {
  const order = parseOrder(new URLSearchParams(query));
  return order.map(({ key, direction }) => `${key}:${direction}`).join(' ');
}

const orders: Readonly<Record<string, string>> = {
  '': 'created_at:desc id:desc',
  'sort_dir=asc': 'created_at:asc id:asc',
  'sort_key=name': 'name:desc created_at:desc id:desc',
  'sort_key=name&sort_dir=asc': 'name:asc created_at:asc id:asc',
  'sort_key=name&sort_key=size': 'name:desc size:desc created_at:desc id:desc',
  'sort_key=name&sort_key=size&sort_dir=asc': 'name:asc size:asc created_at:asc id:asc',
  'sort_key=name&sort_key=size&sort_dir=asc&sort_dir=desc':
    'name:asc size:desc created_at:desc id:desc',
  'sort_key=name&sort_key=id&sort_dir=desc&sort_dir=asc': 'name:desc id:asc created_at:desc',
  'sort_key=id': 'id:desc created_at:desc',
  'sort=name': 'name:desc created_at:desc id:desc',
  'sort=name:asc': 'name:asc created_at:desc id:desc',
  'sort=name:asc,size': 'name:asc size:desc created_at:desc id:desc',
  'sort=name:asc, size:desc': 'name:asc size:desc created_at:desc id:desc',
  'sort=created_at:asc': 'created_at:asc id:desc',
  'sort=id:asc,name': 'id:asc name:desc created_at:desc',
  'sort=name:asc,name:desc': 'name:asc created_at:desc id:desc',
  'sort=name&sort=size': 'size:desc created_at:desc id:desc',
};

for (const [query, order] of Object.entries(orders)) {
  test(`?${query} sorts by ${order}`, () => {
    assert.equal(orderOf(query), order);
  });
}

for (const key of [
  ...['name', 'status', 'container_format', 'disk_format', 'size', 'id'],
  ...['created_at', 'updated_at'],
]) {
  test(`${key} may be sorted by`, () => {
    assert.match(orderOf(`sort_key=${key}&sort_dir=asc`), new RegExp(`^${key}:asc`));
    assert.match(orderOf(`sort=${key}:asc`), new RegExp(`^${key}:asc`));
  });
}

describe('refused', () => {
  const queries: readonly (readonly [query: string, message: RegExp])[] = [
    ['sort_key=owner', /^sort_key: must be one of name, status/],
    ['sort_key=', /^sort_key: /],
    ['sort_key=Name', /^sort_key: /],
    ['sort_dir=up', /^sort_dir: .*must be asc or desc/],
    ['sort_dir=', /^sort_dir: /],
    ['sort_dir=ASC', /^sort_dir: /],
    ['sort_key=name&sort_dir=asc&sort_dir=desc', /^sort_dir: /],
    ['sort_key=name&sort_key=id&sort_key=size&sort_dir=asc&sort_dir=desc', /^sort_dir: /],
    ['sort=', /^sort: must be one of/],
    ['sort=owner', /^sort: /],
    ['sort=name:up', /^sort: .*asc or desc/],
    ['sort=name:', /^sort: /],
    ['sort=name:asc:desc', /^sort: /],
    ['sort=name,', /^sort: /],
    ['sort=name&sort_key=name', /^sort: cannot be used together/],
    ['sort=name&sort_dir=asc', /^sort: cannot be used together/],
  ];
  for (const [query, message] of queries) {
    test(`?${query}`, () => {
      assert.throws(() => orderOf(query), { code: 'InvalidRequest', message });
    });
  }
});
