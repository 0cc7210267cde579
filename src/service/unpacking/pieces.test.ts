import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { piecesOf } from './pieces.ts';

test('a look whether there is more takes nothing, and copies nothing of what there is', async () => {
  const data = new Uint8Array(1000).fill(7);
  const pieces = piecesOf(Readable.from([data]));

  assert.equal(await pieces.isAtEnd(), false);
  await pieces.take(1);
  assert.equal(await pieces.isAtEnd(), false);
  assert.equal(pieces.taken, 1);
  const rest = await pieces.next();
  assert.equal(rest?.buffer, data.buffer);
  assert.equal(rest?.length, 999);
  assert.equal(await pieces.isAtEnd(), true);
});
