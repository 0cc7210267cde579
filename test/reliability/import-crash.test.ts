import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  beginCall,
  callService,
  checkQueued,
  checkWhole,
  createImage,
  imageWith,
  replyTo,
  showImage,
} from '../support/image-calls.ts';
import { dataHost } from '../support/imports.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { seededBytes, writeAll } from '../support/slow-data.ts';

/** Bytes; enough to be caught in the middle. */
const size = 12_000_001;
const data = seededBytes('imported', size);
const octets = { 'content-type': 'application/octet-stream' };

function environmentOf(folder: string) {
  const stores = ['fast', 'archive'].map((id) => ({
    id,
    type: 'file',
    filesystem_store_datadir: join(folder, id),
  }));
  return {
    VITRINE_STORES: JSON.stringify([...stores, { id: 'web', type: 'http' }]),
    VITRINE_TASK_POOL_THREADS: '10',
    VITRINE_WEB_ALLOWED_HOSTS: '127.0.0.1',
    VITRINE_WEB_ALLOWED_PORTS: '[]',
  };
}

/** Names of all files with image data, whole or partial. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const lists = ['fast', 'archive'].map((store) =>
    readdir(join(folder, store), { recursive: true, withFileTypes: true }),
  );
  return (await Promise.all(lists))
    .flat()
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

async function beginImport(
  service: RunningService,
  id: string,
  body: object,
  user = 'producer',
): Promise<void> {
  const path = `/v2/images/${id}/import`;
  const reply = await callService(service, {
    method: 'POST',
    path,
    user,
    body: JSON.stringify(body),
  });
  assert.equal(reply.status, 202, String(reply.body));
}

/** Gives an image the data at a URL. */
async function locate(service: RunningService, id: string, body: object): Promise<void> {
  const path = `/v2/images/${id}/locations`;
  const reply = await callService(service, { method: 'POST', path, body: JSON.stringify(body) });
  assert.equal(reply.status, 202, String(reply.body));
}

/** Orders an image of what lies at a URL; the id of the task. */
async function orderImage(service: RunningService, url: string, name: string): Promise<string> {
  const properties = { name, container_format: 'bare', visibility: 'public' };
  const input = { import_from: url, import_from_format: 'raw', image_properties: properties };
  const body = JSON.stringify({ type: 'import', input });
  const reply = await callService(service, {
    method: 'POST',
    path: '/v2/tasks',
    user: 'admin',
    body,
  });
  assert.equal(reply.status, 201, String(reply.body));
  return JSON.parse(String(reply.body)).id;
}

/** The images that there are of what was ordered, once their tasks are over. */
async function madeBy(service: RunningService, tasks: readonly string[]): Promise<string[]> {
  const end = Date.now() + 60_000;
  for (const id of tasks) {
    for (;;) {
      const path = `/v2/tasks/${id}`;
      const { body } = await callService(service, { method: 'GET', path, user: 'admin' });
      if (/"status":"(success|failure)"/.test(String(body))) break;
      assert(Date.now() < end, `${id} does not end`);
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
  }
  const path = '/v2/images?name=ordered';
  const { body } = await callService(service, { method: 'GET', path, user: 'admin' });
  return JSON.parse(String(body)).images.map(({ id }: { readonly id: string }) => id);
}

async function stage(service: RunningService, id: string): Promise<void> {
  const path = `/v2/images/${id}/stage`;
  const upload = { method: 'PUT', path, headers: octets, body: data };
  assert.equal((await callService(service, upload)).status, 204);
}

/** Waits until no image is changed any more by itself. */
async function settled(service: RunningService, ids: readonly string[]): Promise<void> {
  const end = Date.now() + 60_000;
  for (const id of ids) {
    for (;;) {
      const image: object = await showImage(service, id);
      const isBusy =
        'os_glance_import_task' in image || JSON.stringify(image).includes('"importing"');
      if (!isBusy) break;
      assert(Date.now() < end, `${id} is still being imported`);
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
  }
}

for (const moment of ['once each has begun', 'as soon as they are asked for'] as const) {
  test(`a crash in the middle of every kind of import, ${moment}, leaves all of each or nothing`, async () => {
    await using folder = await emptyFolder();
    const environment = environmentOf(folder.path);
    let isBack = false;
    let asked = 0;
    await using host = await dataHost((request, response) => {
      if (request.method === 'GET') asked += 1;
      if (isBack && request.url?.startsWith('/gone')) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-length': size });
      if (request.method === 'HEAD') response.end();
      else if (isBack) response.end(data);
      else response.write(data.subarray(0, size / 2));
    });
    const ids = { staged: '', direct: '', web: '', gone: '', copied: '', cut: '' };
    const tasks: string[] = [];
    const places = { located: '', compared: '', wrong: '', lost: '' };
    {
      await using service = await runService({ folder: folder.path, environment });
      for (const name of ['staged', 'direct', 'web', 'gone', 'cut'] as const) {
        ids[name] = await createImage(service);
      }
      for (const name of ['located', 'compared', 'wrong', 'lost'] as const) {
        places[name] = await createImage(service);
      }
      ids.copied = await imageWith(service, data);
      await stage(service, ids.staged);
      await stage(service, ids.direct);
      const cut = await beginCall(service, {
        method: 'PUT',
        path: `/v2/images/${ids.cut}/stage`,
        headers: octets,
      });
      const cutOff = replyTo(cut).catch(() => undefined);
      await writeAll(cut, data.subarray(0, size / 2));
      tasks.push(await orderImage(service, `${host.url}ordered`, 'ordered'));
      tasks.push(await orderImage(service, `${host.url}gone/ordered`, 'ordered'));
      const web = (path: string) => ({ method: { name: 'web-download', uri: host.url + path } });
      await beginImport(service, ids.web, web(''));
      await beginImport(service, ids.gone, web('gone'));
      const direct = { method: { name: 'glance-direct' }, stores: ['archive'] };
      await beginImport(service, ids.direct, direct);
      const copy = { method: { name: 'copy-image' }, stores: ['archive'] };
      await beginImport(service, ids.copied, copy, 'admin');
      const sha512 = (bytes: string | Uint8Array) => ({
        os_hash_algo: 'sha512',
        os_hash_value: createHash('sha512').update(bytes).digest('hex'),
      });
      const right = sha512(data);
      await locate(service, places.located, { url: `${host.url}here` });
      await locate(service, places.compared, { url: `${host.url}too`, validation_data: right });
      await locate(service, places.wrong, { url: host.url, validation_data: sha512('other') });
      await locate(service, places.lost, { url: `${host.url}gone/too`, validation_data: right });
      while (moment === 'once each has begun' && asked < 8) await new Promise(setImmediate);
      await service.crash();
      await cutOff;
    }
    isBack = true;

    await using service = await runService({ folder: folder.path, environment });
    await settled(service, [...Object.values(ids), ...Object.values(places)]);

    const made = await madeBy(service, tasks);
    assert.equal(made.length, 1);
    await checkWhole(service, made[0] ?? '', data);
    for (const name of ['wrong', 'lost'] as const) await checkQueued(service, places[name]);
    for (const name of ['located', 'compared'] as const) {
      await checkWhole(service, places[name], data);
    }
    await checkQueued(service, ids.cut);
    await checkQueued(service, ids.gone);
    for (const name of ['direct', 'web', 'copied'] as const) {
      await checkWhole(service, ids[name], data);
    }
    const staged = await showImage(service, ids.staged);
    assert.deepEqual([staged.status, staged.size], ['uploading', size]);
    // Of the image that was staged, of those imported and made, and both copies of the one copied.
    const end = Date.now() + 20_000;
    while ((await filesIn(folder.path)).length > 6 && Date.now() < end) {
      await new Promise(setImmediate);
    }
    assert.equal((await filesIn(folder.path)).length, 6);
    await beginImport(service, ids.staged, { method: { name: 'glance-direct' } });
    await settled(service, [ids.staged]);
    await checkWhole(service, ids.staged, data);
  });
}
