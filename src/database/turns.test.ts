import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { turns } from './turns.ts';

test('steps are taken one in a turn, in order, and reads go first', async () => {
  const told: string[] = [];
  let reads = 2;
  const steps = turns(
    () => {
      if (reads === 0) return false;
      reads -= 1;
      told.push('read');
      return true;
    },
    { count: 0 },
  );
  const taken = ['first', 'second'].map(async (name) => {
    await steps.next();
    told.push(name);
  });

  await Promise.all(taken);

  // Readers who come all the time do not hold a step up for ever.
  assert.deepEqual(told, ['read', 'read', 'first', 'second']);
});

test('several steps share a turn, but while somebody reads', async () => {
  const requests = { count: 0 };
  const steps = turns(() => false, requests);

  const quiet = steps.atOnce();
  requests.count += 1;
  const read = steps.atOnce();
  const begin = performance.now();
  while (performance.now() - begin < 30) await nextTurn();

  assert(quiet > 1);
  assert.equal(read, 1);
  assert.equal(steps.atOnce(), quiet);
});
