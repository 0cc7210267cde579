import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withImplied } from './role.ts';

const cases: readonly [readonly string[], readonly string[]][] = [
  [[], []],
  [['reader'], ['reader']],
  [['member'], ['member', 'reader']],
  [['admin'], ['admin', 'member', 'reader']],
  [['service'], ['service']],
  [
    ['reader', 'admin'],
    ['admin', 'member', 'reader'],
  ],
  [['auditor'], ['auditor']],
];

for (const [held, all] of cases) {
  test(`${held.join(' and ') || 'no role'} means ${all.join(', ') || 'no role'}`, () => {
    assert.deepEqual([...withImplied(held)].toSorted(), all);
  });
}
