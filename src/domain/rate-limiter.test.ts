import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Rate, rateLimiter } from './rate-limiter.ts';

/** A limiter by a clock that only the test moves. */
function limiterOf(rate: Rate, maxKeys?: number) {
  let time = 1_000_000.5;
  const limiter = rateLimiter(rate, () => time, maxKeys);
  return {
    spend: (key: string) => limiter.spend(key),
    pass(ms: number) {
      time += ms;
    },
    /** How many of `tries` at this moment are admitted. */
    admitted: (key: string, tries: number) =>
      Array.from({ length: tries }, () => limiter.spend(key)).filter((wait) => wait === 0).length,
  };
}

for (const rate of [1, 3, 7, 1000]) {
  for (const burst of [1, 5, 60]) {
    test(`${burst} seconds' worth of ${rate} a second may come at once, and then ${rate} a second`, () => {
      const limiter = limiterOf({ rate, burst });

      const atOnce = limiter.admitted('a', rate * burst + 10);
      const counts: number[] = [];
      for (let second = 0; second < 100; second += 1) {
        limiter.pass(1000);
        counts.push(limiter.admitted('a', rate + 10));
      }

      assert.equal(atOnce, rate * burst);
      assert.deepEqual(new Set(counts), new Set([rate]));
    });
  }
}

test('whoever waits as long as was told is admitted, and no sooner', () => {
  const limiter = limiterOf({ rate: 4, burst: 2 });
  limiter.admitted('a', 8);

  const wait = limiter.spend('a');
  limiter.pass(wait - 1);
  const tooSoon = limiter.spend('a');
  limiter.pass(1);
  const inTime = limiter.spend('a');

  assert.equal(Math.round(wait), 250);
  assert.equal(Math.round(tooSoon), 1);
  assert.equal(inTime, 0);
});

test('each key has a bucket of its own', () => {
  const limiter = limiterOf({ rate: 1, burst: 1 });
  limiter.admitted('a', 5);

  assert.equal(limiter.admitted('b', 5), 1);
});

test('keys that are forgotten make no difference while there is room for all', () => {
  const steps = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b', 'c'), pause: fc.integer({ min: 0, max: 900 }) }),
    { minLength: 20, maxLength: 200 },
  );
  const rate = { rate: 3, burst: 2 };
  fc.assert(
    fc.property(steps, (all) => {
      const limiter = limiterOf(rate);
      // What a bucket is: tokens that come steadily, up to as many as it holds.
      const tokens = new Map<string, number>();
      for (const { key, pause } of all) {
        limiter.pass(pause);
        for (const [name, count] of tokens) {
          tokens.set(name, Math.min(6, count + (pause * rate.rate) / 1000));
        }
        const has = tokens.get(key) ?? 6;

        const isAdmitted = limiter.spend(key) === 0;

        if (Math.abs(has - 1) > 0.01) assert.equal(isAdmitted, has >= 1);
        tokens.set(key, isAdmitted ? has - 1 : has);
      }
    }),
    { numRuns: 200 },
  );
});

test('of more keys than are kept the oldest begin anew', () => {
  const limiter = limiterOf({ rate: 1, burst: 1 }, 10);
  limiter.spend('oldest');

  for (let key = 0; key < 30; key += 1) limiter.spend(`other ${key}`);

  assert.equal(limiter.spend('oldest'), 0);
  assert.notEqual(limiter.spend('other 29'), 0);
});
