import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openGate } from './gate.ts';

test('a few run at a time, in the order of coming, and too many are turned away', async () => {
  const gate = openGate({ running: 2, waiting: 1 });
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string) =>
    gate.run(async () => {
      started.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      return name;
    });

  const tasks = [run('a'), run('b'), run('c')];
  await assert.rejects(run('d'), { code: 'TooManyRequests' });
  await new Promise(setImmediate);
  const first = [...started];
  ends.get('a')?.();
  await tasks[0];
  await new Promise(setImmediate);

  assert.deepEqual(first, ['a', 'b']);
  assert.deepEqual(started, ['a', 'b', 'c']);
  ends.get('b')?.();
  ends.get('c')?.();
  assert.deepEqual(await Promise.all(tasks), ['a', 'b', 'c']);
});

test('a task that fails makes room too', async () => {
  const gate = openGate({ running: 1, waiting: 0 });

  await assert.rejects(
    gate.run(() => Promise.reject(new Error('failed'))),
    /failed/,
  );

  assert.equal(await gate.run(async () => 'next'), 'next');
});
