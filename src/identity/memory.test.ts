import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundedMemory } from './memory.ts';

test('holds no more than its size: what has been there longest makes room', () => {
  const memory = boundedMemory<number>({ size: 2, now: () => 0 });

  memory.keep('a', 1, 10);
  memory.keep('b', 2, 10);
  memory.keep('a', 3, 10);
  memory.keep('c', 4, 10);

  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => memory.recall(key)),
    [3, undefined, 4],
  );
});

test('keeps what is recalled, where it is told to', () => {
  const memory = boundedMemory<number>({ size: 2, evicts: 'unused', now: () => 0 });

  memory.keep('a', 1, 10);
  memory.keep('b', 2, 10);
  memory.recall('a');
  memory.keep('c', 3, 10);

  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => memory.recall(key)),
    [1, undefined, 3],
  );
});

test('gives out nothing at its end, nor takes what has ended already', () => {
  let time = 0;
  const memory = boundedMemory<number>({ size: 2, now: () => time });
  memory.keep('a', 1, 10);
  memory.keep('b', 2, 0);

  const before = ['a', 'b'].map((key) => memory.recall(key));
  time = 10;

  assert.deepEqual(before, [1, undefined]);
  assert.equal(memory.recall('a'), undefined);
});
