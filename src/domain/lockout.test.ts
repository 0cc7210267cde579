import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLockedOut, withFailure } from './lockout.ts';

const rule = { failures: 3, duration: 1000 };

test('so many failures lock a user out until the time after the last is over', () => {
  assert.equal(isLockedOut({ count: 2, lastAt: 5000 }, rule, 5000), false);
  assert.equal(isLockedOut({ count: 3, lastAt: 5000 }, rule, 5999), true);
  assert.equal(isLockedOut({ count: 3, lastAt: 5000 }, rule, 6000), false);
  assert.equal(
    isLockedOut({ count: 9, lastAt: 5000 }, rule, 5000),
    true,
    'a stricter rule than before',
  );
});

test('a user without failures is never locked out, nor is anyone without a rule', () => {
  assert.equal(isLockedOut({ count: 0, lastAt: null }, rule, 0), false);
  assert.equal(isLockedOut({ count: 99, lastAt: 0 }, { failures: 0, duration: 1000 }, 0), false);
});

test('failures add up to the limit, and begin anew after it', () => {
  let failed = { count: 0, lastAt: null as number | null };
  const counts: number[] = [];
  for (let now = 1; now <= 5; now += 1) {
    failed = withFailure(failed, rule, now);
    counts.push(failed.count);
  }

  assert.deepEqual(counts, [1, 2, 3, 1, 2]);
  assert.equal(failed.lastAt, 5);
});
