import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paceOf } from './pace.ts';

test('tells share, speed and time left once there is something to tell them by', () => {
  const pace = paceOf(10_000);

  assert.deepEqual(pace(0, 0), { share: 0, speed: undefined, left: undefined });
  assert.deepEqual(pace(1000, 1000), { share: 0.1, speed: 1000, left: 9 });
});

test('goes by the last seconds, not by the whole', () => {
  const pace = paceOf(1_000_000);
  for (let second = 0; second <= 20; second += 1) pace(second * 10, second * 1000);

  const { speed } = pace(200 + 5000, 21_000);

  assert.ok(speed !== undefined && speed > 1000);
});

test('has no speed while nothing moves, and is done with nothing to send', () => {
  const pace = paceOf(100);
  pace(50, 0);

  assert.equal(pace(50, 4000).left, undefined);
  assert.equal(paceOf(0)(0, 0).share, 1);
});
