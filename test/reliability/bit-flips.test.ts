import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { downloadImage, imageWith, showImage } from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { seededBytes } from '../support/slow-data.ts';
import { countOf } from './place.ts';
import { randomFrom } from './remains.ts';

const flips = countOf('VITRINE_BIT_FLIPS', 500);

/** Bytes: several chunks and a part of one. */
const size = 3 * 1024 * 1024 + 1234;

/** Damaged at many places in turn: each download ends the trust in an image, so that the next is of a new one. */
async function flipBit(service: RunningService, id: string, bit: number): Promise<void> {
  await using file = await open(join(service.folder, 'images', id.slice(0, 2), id), 'r+');
  const byte = Buffer.alloc(1);
  const position = Math.floor(bit / 8);
  await file.read(byte, 0, 1, position);
  byte.writeUInt8(byte.readUInt8() ^ (1 << (bit % 8)));
  await file.write(byte, 0, 1, position);
}

/** Bytes that arrive of a download; undefined when it comes to its end. */
async function cutOff(service: RunningService, id: string, range?: string): Promise<boolean> {
  const headers = range === undefined ? {} : { range };
  return await downloadImage(service, id, headers).then(
    () => false,
    () => true,
  );
}

test('no bit that a disk changes comes to the end of a download', async (t) => {
  await using service = await runService({
    logsErrors: true,
    environment: { VITRINE_DATA_SCRUB_RATE: '0', VITRINE_LOG_LEVEL: 'fatal' },
  });
  const id = await imageWith(service, seededBytes('flipped', size));
  const random = randomFrom(countOf('VITRINE_SEED', 1));
  let found = 0;

  for (let flip = 0; flip < flips; flip += 1) {
    const bit = Math.floor(random() * size * 8);
    await flipBit(service, id, bit);
    // A range, since damage that is known ends whole downloads before they begin; it holds the bit, or is beside it.
    const byte = Math.floor(bit / 8);
    const first = Math.max(0, byte - Math.floor(random() * 2_000_000));
    if (await cutOff(service, id, flip === 0 ? undefined : `bytes=${first}-`)) found += 1;
    await flipBit(service, id, bit);
  }

  t.diagnostic(`${flips} bits changed, ${found} downloads cut off before their last byte`);
  assert.equal(found, flips);
  assert.equal((await showImage(service, id)).status, 'active');
});
