import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { after, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { type Digests, type Hashers, hashers } from '../../src/store/hashing.ts';
import { hashOf, someBytes } from '../support/data.ts';

const slotSize = 128 * 1024;
const threads = hashers({ pairs: 1 });
after(() => threads[Symbol.asyncDispose]());

/** Hashes bytes as an upload does: slot after slot of its own memory, each used again once it is done. */
async function hashed(given: Hashers, bytes: Uint8Array, pieceSize = slotSize): Promise<Digests> {
  const memory = new SharedArrayBuffer(3 * slotSize);
  using hashing = given.begin(memory);
  const slots = [0, 1, 2].map((n) => new Uint8Array(memory, n * slotSize, slotSize));
  const uses = slots.map(() => Promise.resolve());
  for (let first = 0, turn = 0; first < bytes.length; first += pieceSize, turn += 1) {
    const slot = turn % slots.length;
    await uses[slot];
    const piece = bytes.subarray(first, first + pieceSize);
    slots[slot]?.set(piece);
    uses[slot] = hashing.update(slot * slotSize, piece.length);
  }
  const [digests] = await Promise.all([hashing.digests(), ...uses]);
  return digests;
}

function digestsOf(bytes: Uint8Array): Digests {
  return { checksum: hashOf('md5', bytes), sha512: hashOf('sha512', bytes), sums: sumsOf(bytes) };
}

/** CRC-32 of each MiB, as four bytes each. */
function sumsOf(bytes: Uint8Array): Buffer {
  const count = Math.ceil(bytes.length / 2 ** 20);
  const sums = Buffer.alloc(count * 4);
  for (let n = 0; n < count; n += 1) {
    sums.writeUInt32LE(crc32(bytes.subarray(n * 2 ** 20, (n + 1) * 2 ** 20)), n * 4);
  }
  return sums;
}

for (const uploads of [1, 2, 3, 4, 5, 11]) {
  test(`${uploads} at once get each their own hashes`, async () => {
    const all = Array.from({ length: uploads }, () => someBytes(randomInt(2_000_000)));

    const found = await Promise.all(all.map((bytes) => hashed(threads, bytes)));

    assert.deepEqual(found, all.map(digestsOf));
  });
}

test('those that begin while others are under way get their own hashes too', async () => {
  const all = Array.from({ length: 8 }, (_, n) => someBytes(3_000_000 - n * 300_000));

  const found = await Promise.all(
    all.map(async (bytes, n) => {
      for (let turn = 0; turn < n * 20; turn += 1) await new Promise(setImmediate);
      return await hashed(threads, bytes);
    }),
  );

  assert.deepEqual(found, all.map(digestsOf));
});

test('data that comes in odd pieces is hashed beside data that does not', async () => {
  const all = Array.from({ length: 4 }, () => someBytes(500_000));

  const found = await Promise.all(
    all.map((bytes, n) => hashed(threads, bytes, n % 2 ? 10_007 : slotSize)),
  );

  assert.deepEqual(found, all.map(digestsOf));
});

test('an upload that is given up holds up no other', async () => {
  const bytes = someBytes(1_000_000);
  const memory = new SharedArrayBuffer(slotSize);
  const givenUp = threads.begin(memory);
  const whole = hashed(threads, bytes);
  const update = givenUp.update(0, slotSize).then(
    () => 'hashed',
    () => 'given up',
  );

  givenUp[Symbol.dispose]();

  assert.deepEqual(await whole, digestsOf(bytes));
  assert(['hashed', 'given up'].includes(await update), 'its memory is free');
});
