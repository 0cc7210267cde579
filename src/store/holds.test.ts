import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { hold, isHeld } from './holds.ts';

test('data is held until the last hold is let go, or its process is not heard of any more', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  t.after(() => rm(folder, { recursive: true }));
  assert.equal(await isHeld(folder), false);

  const first = await hold(folder);
  const second = await hold(folder);
  await first[Symbol.asyncDispose]();
  assert.equal(await isHeld(folder), true);
  assert.equal(second.isUnbroken(), true);

  const [name = ''] = await readdir(join(folder, 'holds'));
  const longAgo = new Date(Date.now() - 120_000);
  await utimes(join(folder, 'holds', name), longAgo, longAgo);
  assert.equal(await isHeld(folder), false);
  await second[Symbol.asyncDispose]();
});
