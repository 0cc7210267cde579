import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import {
  beginCall,
  createImage,
  dataFilesOf,
  deleteImage,
  downloadImage,
  imageWith,
  until,
} from '../support/image-calls.ts';
import { sharedRun } from '../support/running-service.ts';
import { seededBytes } from '../support/slow-data.ts';

const service = await sharedRun();

/** Begins a download; its data is the caller's to read. */
async function beginDownload(id: string): Promise<IncomingMessage> {
  const download = await beginCall(service, { path: `/v2/images/${id}/file` });
  download.end();
  const [response] = (await once(download, 'response')) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  return response;
}

function openFiles(): Promise<string[]> {
  return readdir(`/proc/${service.pid}/fd`);
}

test('gives all data with its size, type and checksum', async () => {
  const data = seededBytes('data', 1_000_000);
  const id = await imageWith(service, data);

  const { status, headers, body } = await downloadImage(service, id);

  assert.equal(status, 200);
  assert.equal(headers['content-length'], '1000000');
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.equal(headers['content-md5'], createHash('md5').update(data).digest('hex'));
  assert(body.equals(data));
});

test('gives nothing of an image without data', async () => {
  const id = await createImage(service);

  const { status, body } = await downloadImage(service, id);

  assert.equal(status, 204);
  assert.equal(body.length, 0);
});

for (const [range, first, end] of [
  ['bytes=0-0', 0, 1],
  ['bytes=999999-', 999_999, 1_000_000],
  ['bytes=-1', 999_999, 1_000_000],
  ['bytes=250000-749999', 250_000, 750_000],
  ['bytes=250000-9999999', 250_000, 1_000_000],
  ['bytes=-9999999', 0, 1_000_000],
] as const) {
  test(`gives the part that ${range} asks for`, async () => {
    const data = seededBytes('ranges', 1_000_000);
    const id = await imageWith(service, data);

    const { status, headers, body } = await downloadImage(service, id, { range });

    assert.equal(status, 206);
    assert.equal(headers['content-range'], `bytes ${first}-${end - 1}/1000000`);
    assert.equal(headers['content-length'], String(end - first));
    assert(body.equals(data.subarray(first, end)));
  });
}

test('refuses a part that begins after the end, and leaves no file open', async () => {
  const id = await imageWith(service, seededBytes('ranges', 1000));
  const before = (await openFiles()).length;

  const replies = await Promise.all(
    Array.from({ length: 10 }, () => downloadImage(service, id, { range: 'bytes=1000-' })),
  );

  assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([416]));
  await until('no file is open', async () => (await openFiles()).length <= before);
});

test('gives the same data to many at once', async () => {
  const data = seededBytes('many', 3_000_001);
  const id = await imageWith(service, data);

  const replies = await Promise.all(Array.from({ length: 40 }, () => downloadImage(service, id)));

  for (const { status, body } of replies) {
    assert.equal(status, 200);
    assert(body.equals(data), 'a download differs');
  }
});

test('goes on to the end when the image is deleted meanwhile', async () => {
  const data = seededBytes('deleted', 32 * 1024 * 1024);
  const id = await imageWith(service, data);
  const response = await beginDownload(id);

  await deleteImage(service, id);
  await until('the data is gone', async () => {
    return (await dataFilesOf(service.folder, id)).length === 0;
  });
  const chunks = await response.toArray();

  assert(Buffer.concat(chunks).equals(data), 'the download is not whole');
});

test('clients that leave in the middle cost no open file', async () => {
  const id = await imageWith(service, seededBytes('left', 32 * 1024 * 1024));
  const before = (await openFiles()).length;

  const responses = await Promise.all(Array.from({ length: 20 }, () => beginDownload(id)));
  for (const response of responses) response.once('error', () => undefined).destroy();

  await until('no file is open', async () => (await openFiles()).length <= before);
});

test('finds all of an image or none of it while it is deleted', async () => {
  const data = seededBytes('raced', 100_000);
  const ids = await Promise.all(Array.from({ length: 40 }, () => imageWith(service, data)));

  const replies = await Promise.all(
    ids.flatMap((id) => {
      const downloads = Array.from({ length: 4 }, () => downloadImage(service, id));
      return [...downloads, deleteImage(service, id).then(() => undefined)];
    }),
  );

  for (const reply of replies) {
    if (!reply) continue;
    const { status, body } = reply;
    assert(status === 404 || (status === 200 && body.equals(data)), `it is answered ${status}`);
  }
});
