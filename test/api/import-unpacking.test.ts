import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { createImage } from '../support/images.ts';
import {
  dataHost,
  imported,
  lastTask,
  openWeb,
  stage,
  stagedImage,
  startImport,
} from '../support/imports.ts';
import { sectors, sectorsXz, zipOf } from '../support/packed.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService({
  config: { ...openWeb, imageImportPlugins: ['image_decompression'] },
});

const direct = { method: { name: 'glance-direct' } };
const raw = { disk_format: 'raw' };

async function filesOf(): Promise<readonly string[]> {
  const folder = join(service.folder, 'images');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

/** The head of a qcow2, with a backing file or without one. */
function qcow2({ hasBacking = false } = {}): Buffer {
  const head = Buffer.alloc(112);
  head.write('QFI\xfb', 'latin1');
  head.writeUInt32BE(3, 4);
  if (hasBacking) head.writeBigUInt64BE(104n, 8);
  head.writeUInt32BE(16, 20);
  head.writeBigUInt64BE(1024n, 24);
  head.writeUInt32BE(104, 100);
  return head;
}

async function importOf(data: Uint8Array, properties: Readonly<Record<string, unknown>>) {
  const { id } = await stagedImage(service, data, properties);
  await startImport(service, id, direct);
  return { image: await imported(service, id), task: await lastTask(service, id) };
}

for (const [name, data] of Object.entries({
  gzip: gzipSync(sectors),
  xz: sectorsXz,
  zip: zipOf(sectors),
  zstd: zstdCompressSync(sectors),
})) {
  test(`data packed by ${name} is unpacked, and hashed as it then is`, async () => {
    const { image } = await importOf(data, raw);
    const { text } = await service.call('producer', 'GET', `/v2/images/${image.id}/file`);

    assert.deepEqual(
      [image['status'], image['size'], image['virtual_size']],
      ['active', sectors.length, sectors.length],
    );
    assert.equal(image['os_hash_value'], createHash('sha512').update(sectors).digest('hex'));
    assert.equal(image['checksum'], createHash('md5').update(sectors).digest('hex'));
    assert.equal(text, sectors.toString());
  });
}

test('a download from elsewhere is unpacked on its way', async () => {
  const data = gzipSync(sectors);
  await using host = await dataHost((_request, response) => {
    response.writeHead(200, { 'content-length': data.length }).end(data);
  });
  const { id } = await createImage(service, raw);

  await startImport(service, id, { method: { name: 'web-download', uri: host.url } });
  const image = await imported(service, id);

  assert.deepEqual([image['status'], image['size']], ['active', sectors.length]);
});

test('the format of what was packed is looked at', async () => {
  const good = await importOf(gzipSync(qcow2()), { disk_format: 'qcow2' });
  const other = await importOf(gzipSync(sectors), { disk_format: 'qcow2' });
  const unsafe = await importOf(gzipSync(qcow2({ hasBacking: true })), { disk_format: 'qcow2' });

  assert.deepEqual([good.image['status'], good.image['virtual_size']], ['active', 1024]);
  assert.deepEqual([other.image['status'], unsafe.image['status']], ['queued', 'queued']);
  assert.match(other.task.message, /disk_format: is qcow2, but the data is not/);
  assert.match(unsafe.task.message, /backing file/);
});

test('what cannot be unpacked leaves a queued image and no data', async () => {
  const before = await filesOf();
  const { image, task } = await importOf(gzipSync(sectors).subarray(0, 500), raw);

  assert.deepEqual([image['status'], image['size'], task.status], ['queued', null, 'failure']);
  assert.match(task.message, /cannot be unpacked/);
  assert.deepEqual((await filesOf()).toSorted(), before.toSorted());
});

test('an image that is to be compressed stays as it is, and so does what is not packed', async () => {
  const data = gzipSync(sectors);
  const compressed = await importOf(data, { ...raw, container_format: 'compressed' });
  const plain = await importOf(sectors, raw);

  assert.deepEqual([compressed.image['status'], compressed.image['size']], ['active', data.length]);
  assert.deepEqual([plain.image['status'], plain.image['size']], ['active', sectors.length]);
});

test('what is staged unpacked is looked at as it comes', async () => {
  const { id } = await createImage(service, { disk_format: 'qcow2' });

  assert.equal((await stage(service, id, sectors)).status, 415);
});
