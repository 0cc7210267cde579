import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { StoreEntry } from '../../src/config/store-list.ts';
import { createActiveImage, createImage, dataType, share } from '../support/images.ts';
import {
  dataHost,
  imported,
  lastTask,
  openWeb,
  stagedImage,
  startImport,
} from '../support/imports.ts';
import { exactUsage, imageOf, limitedProject, upload } from '../support/quotas.ts';
import { sharedService } from '../support/service.ts';

const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-stores-'));
after(() => rm(folder, { recursive: true }));

function entry(id: string, more: Partial<StoreEntry> = {}): StoreEntry {
  const own = { filesystemStoreDatadir: join(folder, id) };
  return { id, type: 'file', description: '', weight: 0, isDefault: false, own, ...more };
}

const stores = [
  entry('archive', { description: 'Slow and safe' }),
  entry('fast', { isDefault: true, weight: 10 }),
  entry('far', { weight: 5 }),
];
const service = await sharedService({ config: { stores, ...openWeb } });
const copy = (...ids: readonly string[]) => ({ method: { name: 'copy-image' }, stores: ids });

async function filesIn(store: string): Promise<number> {
  const entries = await readdir(join(folder, store), { recursive: true, withFileTypes: true });
  return entries.filter((one) => one.isFile()).length;
}

/** Lets a store fail for as long as it is held. */
async function without(store: string): Promise<AsyncDisposable> {
  const place = join(folder, store);
  await rename(place, `${place}.away`);
  await mkdir(place, { mode: 0o700 });
  await rm(place, { recursive: true });
  const { writeFile } = await import('node:fs/promises');
  await writeFile(place, 'no folder');
  return {
    async [Symbol.asyncDispose]() {
      await rm(place);
      await rename(`${place}.away`, place);
    },
  };
}

describe('Several stores', () => {
  test('are told of, the default one first and said to be so', async () => {
    const { status, json } = await service.call('stranger reader', 'GET', '/v2/info/stores');

    assert.equal(status, 200);
    assert.deepEqual(json, {
      stores: [
        { id: 'fast', default: 'true' },
        { id: 'archive', description: 'Slow and safe' },
        { id: 'far' },
      ],
    });
  });

  test('are told of in detail to admins alone', async () => {
    const path = '/v2/info/stores/detail';
    const { json } = await service.call('admin', 'GET', path);

    assert.deepEqual(json.stores[0], {
      id: 'fast',
      default: 'true',
      type: 'file',
      weight: 10,
      properties: { data_dir: join(folder, 'fast'), thin_provisioning: false },
    });
    assert.equal((await service.call('producer', 'GET', path)).status, 403);
  });

  test('are named by each new image’s answer, and by the versions of the API', async () => {
    const { headers } = await service.call('producer', 'POST', '/v2/images', {});
    const { json } = await service.call('nobody', 'GET', '/versions');
    const old = await service.call('producer', 'GET', '/v2.8/info/stores');

    assert.equal(headers['openstack-image-store-ids'], 'fast,archive,far');
    assert.equal(
      headers['openstack-image-import-methods'],
      'glance-direct,web-download,copy-image',
    );
    assert.equal(json.versions[0].id, 'v2.17');
    assert.equal(old.status, 200);
  });
});

describe('An upload', () => {
  test('goes to the default store, or to the one that it names', async () => {
    const { id } = await createImage(service);
    const path = `/v2/images/${id}/file`;
    const to = (store: string) =>
      service.call('producer', 'PUT', path, '12345', { ...dataType, 'x-image-meta-store': store });

    assert.equal((await to('nowhere')).status, 400);
    assert.equal((await to('archive')).status, 204);
    const { json } = await service.call('producer', 'GET', `/v2/images/${id}`);
    const data = await service.call('producer', 'GET', path);

    assert.equal(json.stores, 'archive');
    assert.equal(data.text, '12345');
    assert.equal((await createActiveImage(service))['stores'], 'fast');
  });
});

describe('An import', () => {
  test('gives an image a copy in each store that it names', async () => {
    const { id } = await stagedImage(service);

    const body = { method: { name: 'glance-direct' }, stores: ['far', 'fast'] };
    assert.equal((await startImport(service, id, body)).status, 202);
    const image = await imported(service, id);

    assert.deepEqual([image['status'], image['stores']], ['active', 'far,fast']);
    assert.equal(image['os_glance_importing_to_stores'], '');
  });

  test('gives an image a copy in all stores, from a URL', async () => {
    await using host = await dataHost((_request, response) => response.end('from afar'));
    const { id } = await createImage(service);

    const body = { method: { name: 'web-download', uri: host.url }, all_stores: true };
    await startImport(service, id, body);
    const image = await imported(service, id);

    assert.equal(image['stores'], 'archive,far,fast');
  });

  for (const [allMustSucceed, status, left] of [
    [true, 'queued', undefined],
    [false, 'active', 'archive,fast'],
  ] as const) {
    test(`of which a store fails is ${status} when all must succeed: ${allMustSucceed}`, async () => {
      const before = [await filesIn('fast'), await filesIn('archive')];
      const { id } = await stagedImage(service);
      await using _away = await without('far');

      const body = {
        method: { name: 'glance-direct' },
        all_stores: true,
        all_stores_must_succeed: allMustSucceed,
      };
      await startImport(service, id, body);
      const image = await imported(service, id);

      assert.deepEqual([image['status'], image['stores']], [status, left]);
      assert.equal(image['os_glance_failed_import'], 'far');
      assert.equal((await lastTask(service, id)).status, left ? 'success' : 'failure');
      if (left) return;
      const end = Date.now() + 5000;
      const same = async () =>
        `${await filesIn('fast')} ${await filesIn('archive')}` === before.join(' ');
      while (!(await same()) && Date.now() < end) await new Promise(setImmediate);
      assert(await same(), 'data of the undone import is left');
    });
  }

  test('to a store that is not there is refused, and so are stores in two places', async () => {
    const { id } = await stagedImage(service);
    const direct = { method: { name: 'glance-direct' } };
    const path = `/v2/images/${id}/import`;
    const headers = { 'x-image-meta-store': 'far' };

    assert.equal((await startImport(service, id, { ...direct, stores: ['x'] })).status, 409);
    const both = { ...direct, stores: ['far'] };
    assert.equal((await service.call('producer', 'POST', path, both, headers)).status, 400);
    assert.equal((await service.call('producer', 'POST', path, direct, headers)).status, 202);
    assert.equal((await imported(service, id))['stores'], 'far');
  });
});

describe('copy-image', () => {
  test('copies an active image, which stays so, and counts each copy', async () => {
    const project = await limitedProject(service, { image_size_total: 1 });
    const id = await imageOf(service, project);
    await upload(service, id, new Uint8Array(400_000));

    assert.equal((await startImport(service, id, copy('archive'), 'admin')).status, 202);
    const image = await imported(service, id);
    const full = await startImport(service, id, copy('far'), 'admin');

    assert.deepEqual([image['status'], image['stores']], ['active', 'archive,fast']);
    assert.equal(full.status, 413);
    const { bytes, uploads } = await exactUsage(service, project);
    assert.deepEqual({ bytes, uploads }, { bytes: 800_000, uploads: 0 });
  });

  test('is for admins, and for stores that have no copy yet', async () => {
    const { id } = await createActiveImage(service);

    assert.equal((await startImport(service, id, copy('archive'))).status, 403);
    assert.equal((await startImport(service, id, copy('fast'), 'admin')).status, 400);
    const all = { method: { name: 'copy-image' }, all_stores: true };
    assert.equal((await startImport(service, id, all, 'admin')).status, 202);
    assert.equal((await imported(service, id))['stores'], 'archive,far,fast');
    assert.equal((await startImport(service, id, all, 'admin')).status, 202);
    const { json } = await service.call('admin', 'GET', `/v2/images/${id}/tasks`);
    assert.equal(json.tasks.length, 1);
  });

  test('leaves the image as it was when it fails', async () => {
    const { id } = await createActiveImage(service);
    await using _away = await without('archive');

    await startImport(service, id, copy('archive'), 'admin');
    const image = await imported(service, id);

    assert.deepEqual([image['status'], image['stores'], image['size']], ['active', 'fast', 5]);
    assert.equal((await lastTask(service, id)).status, 'failure');
  });
});

test('a download reads the copy that is there', async () => {
  const { id } = await createActiveImage(service, 'the data');
  await startImport(service, id, copy('far'), 'admin');
  await imported(service, id);

  await using _away = await without('fast');
  const { status, text } = await service.call('producer', 'GET', `/v2/images/${id}/file`);

  assert.deepEqual([status, text], [200, 'the data']);
});

test('DELETE /v2/stores/{store}/{image} takes a copy away, but not the only one', async () => {
  const { id } = await createActiveImage(service);
  await share(service, id, 'consumer');
  await startImport(service, id, copy('far'), 'admin');
  await imported(service, id);
  const queued = await createImage(service);
  const remove = (
    store: string,
    image: string,
    caller: 'admin' | 'producer' | 'stranger' = 'admin',
  ) => service.call(caller, 'DELETE', `/v2/stores/${store}/${image}`);

  for (const [answer, status] of [
    [await remove('nowhere', id), 409],
    [await remove('fast', id, 'stranger'), 404],
    [await remove('fast', id, 'producer'), 403],
    [await remove('fast', queued.id), 409],
    [await remove('archive', id), 404],
    [await remove('fast', id), 204],
    [await remove('far', id), 403],
  ] as const) {
    assert.equal(answer.status, status, answer.text);
  }
  const { json } = await service.call('producer', 'GET', `/v2/images/${id}`);
  assert.equal(json.stores, 'far');
  assert.equal((await service.call('producer', 'GET', `/v2/images/${id}/file`)).text, '12345');
});
