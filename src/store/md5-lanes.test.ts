import assert from 'node:assert/strict';
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { test } from 'node:test';
import { md5Lanes, newMd5 } from './md5-lanes.js';

const lanes = md5Lanes();

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

test('the hash of one stream is that of node:crypto, whatever its size', () => {
  for (const size of [
    0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 16_384, 16_385, 300_001,
  ]) {
    const bytes = randomBytes(size);
    const stream = newMd5();

    lanes.append(stream, bytes);

    assert.equal(lanes.digest(stream), md5Of(bytes), `${size} bytes`);
  }
});

test('the hash of one stream is the same, however its data is cut', () => {
  for (let round = 0; round < 50; round += 1) {
    const bytes = randomBytes(randomInt(40_000));
    const stream = newMd5();
    const cuts: number[] = [];

    for (let done = 0; done < bytes.length; ) {
      const size = randomInt(1, round % 2 ? 200 : 20_000);
      cuts.push(size);
      lanes.append(stream, bytes.subarray(done, done + size));
      done += size;
    }

    assert.equal(lanes.digest(stream), md5Of(bytes), `cut at ${cuts.join()}`);
  }
});

for (const count of [2, 3, 4]) {
  test(`${count} streams go at once, each with its own hash`, () => {
    const all = Array.from({ length: count }, () => randomBytes(40_000 + randomInt(40_000)));
    const streams = all.map((data) => ({
      stream: newMd5(),
      data: Buffer.from(data) as Uint8Array,
    }));

    for (;;) {
      const taken = lanes.appendTogether(streams);
      if (taken === 0) break;
      for (const each of streams) each.data = each.data.subarray(taken);
    }
    for (const { stream, data } of streams) lanes.append(stream, data);

    assert.deepEqual(
      streams.map(({ stream }) => lanes.digest(stream)),
      all.map(md5Of),
    );
  });
}

test('the length counts beyond what 32 bits hold', () => {
  const stream = newMd5();
  const bytes = Buffer.alloc(16 * 1024 * 1024, 'many');
  // 544 MiB: as bits more than 2 ** 32.
  for (let n = 0; n < 34; n += 1) lanes.append(stream, bytes);

  // As md5sum has it.
  assert.equal(lanes.digest(stream), '5aa587a15263bbff5c7e1a91947ee239');
});
