import assert from 'node:assert/strict';
import { open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sharedService, type TestService } from '../support/service.ts';
import { seededBytes } from '../support/slow-data.ts';

const service = await sharedService();
const unverified = await sharedService({ config: { verifyReads: false } });

/** Bytes: two whole chunks and a part of one. */
const size = 2_500_001;
const chunk = 1024 * 1024;
const octets = { 'content-type': 'application/octet-stream' };

async function imageWith(to: TestService, data: Uint8Array): Promise<string> {
  const body = { disk_format: 'raw', container_format: 'bare' };
  const { json } = await to.call('producer', 'POST', '/v2/images', body);
  const path = `/v2/images/${json.id}/file`;
  const stored = await to.call('producer', 'PUT', path, data, octets);
  assert.equal(stored.status, 204, stored.text);
  return json.id;
}

/** Changes one bit of stored data, as a disk may. */
async function flip({ folder }: TestService, id: string, position: number): Promise<void> {
  await using file = await open(fileOf(folder, id), 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  byte.writeUInt8(byte.readUInt8() ^ 1);
  await file.write(byte, 0, 1, position);
}

function fileOf(folder: string, id: string): string {
  return join(folder, 'images', id.slice(0, 2), id);
}

function download(from: TestService, id: string, range?: string) {
  return from.call('producer', 'GET', `/v2/images/${id}/file`, undefined, range ? { range } : {});
}

test('what is as it was uploaded is read whole and in any part', async () => {
  const data = seededBytes('verified', size);
  const id = await imageWith(service, data);
  const ranges = [
    [0, 0],
    [chunk - 1, chunk],
    [chunk, 2 * chunk - 1],
    [300_000, 1_900_000],
    [size - 1, size - 1],
  ] as const;

  const whole = await download(service, id);

  assert(whole.bytes.equals(data));
  for (const [first, last] of ranges) {
    const part = await download(service, id, `bytes=${first}-${last}`);
    assert.equal(part.status, 206);
    assert(part.bytes.equals(data.subarray(first, last + 1)), `${first} to ${last}`);
  }
});

test('damaged data never ends a download, and is refused before it begins once that is known', async () => {
  const data = seededBytes('damaged', size);
  const id = await imageWith(service, data);
  await flip(service, id, chunk + 5);

  await assert.rejects(download(service, id), /aborted|socket hang up/);
  const [refused, shown, listed] = await Promise.all([
    until(async () => {
      const answer = await download(service, id);
      return answer.status === 503 ? answer : undefined;
    }),
    service.call('producer', 'GET', `/v2/images/${id}`),
    service.call('producer', 'GET', `/v2/images?id=${id}`),
  ]);

  assert.match(refused.text, /The data of this image is damaged/);
  assert.equal(refused.headers['retry-after'], undefined);
  assert.equal(shown.json.status, 'active');
  assert.equal(listed.json.images?.length, 1);
  assert.match(service.log(), new RegExp(`The data of image ${id} is damaged: at ${chunk} `));
  const { json } = await service.call('admin', 'GET', '/vitrine/v1/scrub');
  const [found] = json.damaged.filter((one: { image_id: string }) => one.image_id === id);
  assert.equal(found.position, chunk);
});

/** Waits for what follows an answer a moment later. */
async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const found = await look().catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error('Waited in vain.');
}

test('of damaged data the parts that are whole can still be read, and no other', async () => {
  const data = seededBytes('parts', size);
  const id = await imageWith(service, data);
  await flip(service, id, chunk + 5);

  const before = await download(service, id, `bytes=100-${chunk - 1}`);
  const behind = await download(service, id, `bytes=${2 * chunk}-`);

  assert(before.bytes.equals(data.subarray(100, chunk)));
  assert(behind.bytes.equals(data.subarray(2 * chunk)));
  // The chunk is damaged where nobody looks, before and behind what is asked for.
  await assert.rejects(download(service, id, `bytes=${chunk + 100}-${chunk + 200}`));
  await assert.rejects(download(service, id, `bytes=100-${chunk}`));
});

test('data that has become shorter is damaged', async () => {
  const id = await imageWith(service, seededBytes('short', 3000));
  await truncate(fileOf(service.folder, id), 1000);

  await assert.rejects(download(service, id), /aborted|socket hang up/);
});

test('an operator may do without', async () => {
  const id = await imageWith(unverified, seededBytes('unverified', 3000));
  await flip(unverified, id, 7);

  const answer = await download(unverified, id);

  assert.equal(answer.status, 200);
  assert.equal(answer.bytes.length, 3000);
});
