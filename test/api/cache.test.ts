import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { StoreEntry } from '../../src/config/store-list.ts';
import { createActiveImage, createImage, expectStatus } from '../support/images.ts';
import { dataHost, imported, openWeb } from '../support/imports.ts';
import { type Answer, sharedService } from '../support/service.ts';
import { seededBytes } from '../support/slow-data.ts';

const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-cache-'));
after(() => rm(folder, { recursive: true }));

const more = { description: '', weight: 0, isDefault: false };
const stores: readonly StoreEntry[] = [
  { id: 'fast', type: 'file', ...more, own: { filesystemStoreDatadir: join(folder, 'fast') } },
  { id: 'web', type: 'http', ...more, own: {} },
];
const service = await sharedService({
  config: { stores, imageCacheDir: join(folder, 'cache'), ...openWeb },
});
const data = seededBytes('cached', 1_500_000);

/** A host of data that counts how often it gives it. */
const gets = { count: 0 };
const host = await dataHost((request, response) => {
  if (request.method === 'GET') gets.count += 1;
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = { 'content-range': `bytes ${from}-${data.length - 1}/${data.length}` };
  const length = { 'content-length': data.length - from };
  response.writeHead(from > 0 ? 206 : 200, from > 0 ? { ...length, ...range } : length);
  response.end(request.method === 'HEAD' ? undefined : data.subarray(from));
});
after(() => host[Symbol.asyncDispose]());

/** An image whose data lies at the host. */
async function distant(): Promise<string> {
  const { id } = await createImage(service);
  const given = { url: `${host.url}${id}` };
  expectStatus(await service.call('producer', 'POST', `/v2/images/${id}/locations`, given), 202);
  await imported(service, id);
  for (;;) {
    const { json } = await service.call('producer', 'GET', `/v2/images/${id}`);
    if (json.checksum) return id;
  }
}

const admin = (method: string, path: string, headers = {}) =>
  service.call('admin', method, path, undefined, headers);
const download = (id: string, headers = {}) =>
  service.call('producer', 'GET', `/v2/images/${id}/file`, undefined, headers);

interface State {
  readonly cached_images: readonly Record<string, unknown>[];
  readonly queued_images: readonly string[];
}

async function state(): Promise<State> {
  const { status, json } = await admin('GET', '/v2/cache');
  assert.equal(status, 200);
  return json;
}

async function entryOf(id: string) {
  return (await state()).cached_images.find((one) => one['image_id'] === id);
}

/** Waits until an image is cached, or is no more. */
async function cached(id: string, is = true): Promise<void> {
  for (const end = Date.now() + 10_000; ((await entryOf(id)) !== undefined) !== is; ) {
    assert.ok(Date.now() < end, 'It does not come about.');
  }
}

const told = ({ status, headers, bytes }: Answer) => {
  const { date: _date, 'x-openstack-request-id': _id, ...rest } = headers;
  return { status, headers: rest, bytes };
};

describe('the cache of images', () => {
  test('gives the same answer as the store, which is asked once', async () => {
    const id = await distant();
    const before = gets.count;

    const first = await download(id);
    await cached(id);
    const second = await download(id);

    assert.deepEqual(told(second), told(first));
    assert.deepEqual(second.bytes, data);
    assert.equal(gets.count, before + 1);
    const entry = await entryOf(id);
    assert.deepEqual(Object.keys(entry ?? {}).toSorted(), [
      'hits',
      'image_id',
      'last_accessed',
      'last_modified',
      'size',
    ]);
    assert.deepEqual([entry?.['hits'], entry?.['size']], [1, data.length]);
    assert.ok(Math.abs(Number(entry?.['last_accessed']) - Date.now() / 1000) < 60);
    const { text } = await service.call('nobody', 'GET', '/metrics');
    assert.match(text, /^vitrine_image_cache_hits_total 1$/m);
    assert.match(text, new RegExp(`^vitrine_image_cache_bytes ${data.length}$`, 'm'));
  });

  test('has no part in ranges, in images that are switched off, and in data of this machine', async () => {
    const id = await distant();
    await download(id);
    await cached(id);
    const before = gets.count;

    const part = await download(id, { range: 'bytes=5-9' });
    assert.deepEqual([part.status, part.bytes], [206, data.subarray(5, 10)]);
    assert.equal(gets.count, before + 1);
    expectStatus(await admin('POST', `/v2/images/${id}/actions/deactivate`), 204);
    assert.equal((await download(id)).status, 403);
    const all = await admin('GET', `/v2/images/${id}/file`);
    assert.deepEqual([all.status, all.bytes], [200, data]);
    assert.equal(gets.count, before + 2);
    assert.equal((await entryOf(id))?.['hits'], 0);

    const near = await createActiveImage(service, 'near');
    expectStatus(await download(near.id), 200);
    assert.equal(await entryOf(near.id), undefined);
  });

  test('forgets images that are deleted', async () => {
    const id = await distant();
    await download(id);
    await cached(id);
    expectStatus(await service.call('producer', 'DELETE', `/v2/images/${id}`), 204);
    await cached(id, false);
  });
});

describe('/v2/cache', () => {
  test('is told of by the versions of the API that have it', async () => {
    const { json } = await service.call('producer', 'GET', '/versions');
    const ids = json.versions.map(({ id }: { id: string }) => id);

    assert.deepEqual(ids.slice(0, 5), ['v2.18', 'v2.17', 'v2.16', 'v2.15', 'v2.14']);
    assert.equal(json.versions[0].status, 'CURRENT');
    assert.equal((await admin('GET', '/v2.14/cache')).status, 200);
  });

  test('PUT has an active image fetched, wherever its data is; DELETE lets it go', async () => {
    const { id } = await createActiveImage(service, 'near');

    const queued = await admin('PUT', `/v2/cache/${id}`);
    assert.deepEqual([queued.status, queued.text], [202, '']);
    await cached(id);
    assert.deepEqual((await state()).queued_images, []);
    const answer = await admin('DELETE', `/v2/cache/${id}`);
    assert.deepEqual([answer.status, answer.text], [204, '']);
    assert.equal(await entryOf(id), undefined);
    expectStatus(await admin('DELETE', `/v2/cache/${id}`), 204);
  });

  test('PUT wants an active image, DELETE one that there is', async () => {
    const { id } = await createImage(service);
    const unknown = randomUUID();
    expectStatus(await admin('PUT', `/v2/cache/${id}`), 400);
    expectStatus(await admin('PUT', `/v2/cache/${unknown}`), 404);
    expectStatus(await admin('DELETE', `/v2/cache/${unknown}`), 404);
    expectStatus(await admin('GET', `/v2/cache/nodes/${id}`), 409);
    const none = await admin('GET', `/v2/cache/nodes/${unknown}`);
    expectStatus(none, 404);
    assert.match(none.text, /No image found with ID/);
  });

  test('DELETE empties what the header names', async () => {
    const { id } = await createActiveImage(service, 'near');
    await admin('PUT', `/v2/cache/${id}`);
    await cached(id);
    const clear = (target: string) =>
      admin('DELETE', '/v2/cache', { 'x-image-cache-clear-target': target });

    expectStatus(await clear('all'), 400);
    expectStatus(await clear('queue'), 204);
    assert.ok(await entryOf(id));
    expectStatus(await clear('Cache'), 204);
    assert.deepEqual(await state(), { cached_images: [], queued_images: [] });
    expectStatus(await admin('DELETE', '/v2/cache'), 204);
  });

  test('POST cleans and prunes', async () => {
    const clean = await admin('POST', '/v2/cache/clean');
    assert.deepEqual([clean.status, clean.text], [200, '']);
    const prune = await admin('POST', '/v2/cache/prune');
    assert.deepEqual(prune.json, { total_files_pruned: 0, total_bytes_pruned: 0 });
  });

  test('older tools have the same by other paths', async () => {
    const { id } = await createActiveImage(service, 'near');
    expectStatus(await admin('PUT', `/v2/queued_images/${id}`), 200);
    await cached(id);
    const { json } = await admin('GET', '/v2/cached_images');
    assert.ok(json.cached_images.some((one: { image_id: string }) => one.image_id === id));
    assert.deepEqual((await admin('GET', '/v2/queued_images')).json, { queued_images: [] });
    expectStatus(await admin('DELETE', `/v2/queued_images/${id}`), 200);
    expectStatus(await admin('DELETE', `/v2/cached_images/${id}`), 200);
    assert.equal(await entryOf(id), undefined);
    assert.deepEqual((await admin('DELETE', '/v2/cached_images')).json, { num_deleted: 0 });
    assert.deepEqual((await admin('DELETE', '/v2/queued_images')).json, { num_deleted: 0 });
  });

  test('is for admins alone', async () => {
    const { id } = await createActiveImage(service);
    for (const call of [
      'GET /v2/cache',
      'DELETE /v2/cache',
      `PUT /v2/cache/${id}`,
      `DELETE /v2/cache/${id}`,
      'POST /v2/cache/clean',
      'POST /v2/cache/prune',
      `GET /v2/cache/nodes/${id}`,
      'GET /v2/cached_images',
      'DELETE /v2/queued_images',
    ]) {
      const [method = '', path = ''] = call.split(' ');
      expectStatus(await service.call('producer', method, path), 403);
    }
  });
});
