import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { checkpoints } from './checkpoints.ts';
import { guardOf } from './sqlite-failures.ts';

test('when the thread cannot open the database somebody is told, and the log is brought in without it', async () => {
  const told: string[] = [];
  let here = 0;
  const tidying = checkpoints({
    path: join(tmpdir(), 'vitrine-no-such-folder', 'vitrine.db'),
    guard: guardOf(() => {}),
    size: 1,
    logSize: () => 100,
    checkpointHere: () => {
      here += 1;
    },
    report: (text) => told.push(text),
  });

  for (let round = 0; round < 2; round += 1) {
    tidying.consider(1);
    const end = Date.now() + 10_000;
    while (told.length === 0 && Date.now() < end) await after(5);
    await tidying.due()?.();
    await tidying.due()?.();
  }
  await tidying.close();

  assert.deepEqual(told, [
    'The write-ahead log could not be brought into the database; it is tried again.',
  ]);
  assert.ok(here > 0);
  assert.equal(tidying.due(), undefined);
});
