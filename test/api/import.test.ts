import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  createActiveImage,
  createImage,
  dataType,
  expectStatus,
  patch,
  share,
} from '../support/images.ts';
import {
  dataHost,
  imported,
  lastTask,
  openWeb,
  stage,
  stagedImage,
  startImport,
} from '../support/imports.ts';
import { exactUsage, imageOf, limitedProject, MiB, usageOf } from '../support/quotas.ts';
import { sharedService, startTestService } from '../support/service.ts';

const service = await sharedService({
  config: {
    ...openWeb,
  },
});
const direct = { method: { name: 'glance-direct' } };
const missing = '00000000-0000-4000-8000-000000000000';

async function filesOf(folder = service.folder): Promise<readonly string[]> {
  const entries = await readdir(join(folder, 'images'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

function webDownload(uri: string) {
  return { method: { name: 'web-download', uri } };
}

describe('PUT /v2/images/{id}/stage', () => {
  test('keeps data that nobody reads yet', async () => {
    const { id } = await createImage(service);

    const answer = await stage(service, id);
    const { json } = await service.call('producer', 'GET', `/v2/images/${id}`);
    const data = await service.call('producer', 'GET', `/v2/images/${id}/file`);

    assert.deepEqual([answer.status, answer.text], [204, '']);
    const { status, size, checksum, os_hash_value } = json;
    assert.deepEqual(
      { status, size, checksum, os_hash_value },
      { status: 'uploading', size: 5, checksum: null, os_hash_value: null },
    );
    assert.equal(data.status, 204);
  });

  test('minds no formats that are not set yet', async () => {
    const { id } = await createImage(service, { disk_format: undefined });

    assert.equal((await stage(service, id)).status, 204);
  });

  test('is for queued images alone, and once', async () => {
    const active = await createActiveImage(service);
    const staged = await stagedImage(service);

    for (const { id } of [active, staged]) {
      assert.equal((await stage(service, id)).status, 409);
    }
    const upload = await service.call(
      'producer',
      'PUT',
      `/v2/images/${staged.id}/file`,
      'x',
      dataType,
    );
    assert.equal(upload.status, 409);
  });

  test('wants octets, and an owner', async () => {
    const { id } = await createImage(service);
    await share(service, id, 'consumer');
    const path = `/v2/images/${id}/stage`;
    const json = { 'content-type': 'application/json' };

    assert.equal((await service.call('producer', 'PUT', path, 'x', json)).status, 415);
    for (const [caller, status] of [
      ['consumer', 403],
      ['producer reader', 403],
      ['stranger', 404],
      ['nobody', 401],
    ] as const) {
      assert.equal((await stage(service, id, 'x', caller)).status, status, caller);
    }
  });

  test('leaves a queued image and no data when it brings more than was announced, or too much', async () => {
    await using limited = await startTestService({ config: { imageSizeCap: 10 } });
    const { id } = await createImage(limited);
    const send = (data: string, headers = {}) =>
      limited.call('producer', 'PUT', `/v2/images/${id}/stage`, data, { ...dataType, ...headers });

    assert.equal((await send('12345678901')).status, 413);
    assert.equal((await send('12345678901', { 'transfer-encoding': 'chunked' })).status, 413);
    assert.equal((await send('123', { 'x-openstack-image-size': '4' })).status, 400);
    const { json } = await limited.call('producer', 'GET', `/v2/images/${id}`);
    assert.deepEqual([json.status, json.size], ['queued', null]);
    assert.deepEqual(await filesOf(limited.folder), []);
  });

  test('counts what is staged until it is imported or deleted', async () => {
    const project = await limitedProject(service, { image_stage_total: 2, image_size_total: 10 });
    const [first, second] = [await imageOf(service, project), await imageOf(service, project)];
    const data = new Uint8Array(2 * MiB);

    assert.equal((await stage(service, first, data, 'admin')).status, 204);
    const full = await stage(service, second, data, 'admin');
    const during = await exactUsage(service, project);
    await service.call('admin', 'DELETE', `/v2/images/${first}`);
    assert.equal((await stage(service, second, data, 'admin')).status, 204);
    assert.equal((await startImport(service, second, direct, 'admin')).status, 202);
    await imported(service, second);

    assert.equal(full.status, 413);
    assert.match(full.text, /image_stage_total: the limit is 2 MiB/);
    assert.deepEqual(during, { images: 2, bytes: 0, stagedBytes: 2 * MiB, uploads: 1 });
    assert.deepEqual(await exactUsage(service, project), {
      images: 1,
      bytes: 2 * MiB,
      stagedBytes: 0,
      uploads: 0,
    });
  });

  test('is no call where it is switched off', async () => {
    await using closed = await startTestService({ config: { enabledImportMethods: [] } });
    const { id } = await createImage(closed);

    assert.equal((await stage(closed, id)).status, 404);
    assert.equal((await startImport(closed, id)).status, 400);
    const { json } = await closed.call('producer', 'GET', '/v2/info/import');
    assert.deepEqual(json['import-methods'].value, []);
  });
});

describe('POST /v2/images/{id}/import', () => {
  test('makes staged data the image’s, where it lies', async () => {
    const { id } = await stagedImage(service, 'staged data');
    const before = await filesOf();

    const answer = await startImport(service, id);
    const image = await imported(service, id);
    const data = await service.call('producer', 'GET', `/v2/images/${id}/file`);

    assert.deepEqual([answer.status, answer.text], [202, '']);
    const hash = (algorithm: string) => createHash(algorithm).update('staged data').digest('hex');
    assert.deepEqual(
      [
        image['status'],
        image['size'],
        image['checksum'],
        image['os_hash_value'],
        image['virtual_size'],
      ],
      ['active', 11, hash('md5'), hash('sha512'), 11],
    );
    assert.equal(image['os_glance_importing_to_stores'], '');
    assert.equal(image['os_glance_failed_import'], '');
    assert.equal(data.text, 'staged data');
    assert.deepEqual(await filesOf(), before);
    const task = await lastTask(service, id);
    assert.deepEqual(
      [task.type, task.status, task.message, task.result],
      ['api_image_import', 'success', '', { image_id: id }],
    );
    assert.deepEqual(task.input.import_req.method, { name: 'glance-direct' });
  });

  test('brings data from a URL', async () => {
    const body = 'x'.repeat(3 * MiB);
    await using host = await dataHost((_request, response) => response.end(body));
    const { id } = await createImage(service);

    const answer = await startImport(service, id, webDownload(`${host.url}image`));
    const image = await imported(service, id);
    const data = await service.call('producer', 'GET', `/v2/images/${id}/file`);

    assert.equal(answer.status, 202);
    assert.deepEqual([image['status'], image['size']], ['active', body.length]);
    assert.equal(data.text, body);
  });

  for (const [what, status, message] of [
    ['is not there', 404, /status 404/],
    ['is cut off', 200, /./],
  ] as const) {
    test(`leaves a queued image and no data when what a URL leads to ${what}`, async () => {
      const files = await filesOf();
      await using host = await dataHost((_request, response) => {
        response.writeHead(status, { 'content-length': '1000000' });
        response.write('some of it');
        setTimeout(() => response.destroy(), 20);
      });
      const { id } = await createImage(service);

      assert.equal((await startImport(service, id, webDownload(host.url))).status, 202);
      const image = await imported(service, id);
      const task = await lastTask(service, id);

      assert.deepEqual([image['status'], image['size'], image['checksum']], ['queued', null, null]);
      assert.equal(task.status, 'failure');
      assert.match(task.message, message);
      assert.deepEqual(await filesOf(), files);
      assert.equal((await stage(service, id)).status, 204);
    });
  }

  test('keeps to the quota of a project, also for data of unknown size', async () => {
    const project = await limitedProject(service, { image_size_total: 2 });
    const id = await imageOf(service, project);
    await using host = await dataHost((_request, response) => {
      response.write(Buffer.alloc(2 * MiB));
      response.end('x');
    });

    assert.equal((await startImport(service, id, webDownload(host.url), 'admin')).status, 202);
    const image = await imported(service, id);

    assert.equal(image['status'], 'queued');
    assert.match((await lastTask(service, id)).message, /image_size_total/);
    assert.deepEqual(await usageOf(service, project), { images: 1, mib: 0, uploads: 0 });
  });

  test('does not download more than may be staged', async () => {
    const project = await limitedProject(service, { image_stage_total: 2 });
    const id = await imageOf(service, project);
    await using host = await dataHost((_request, response) => {
      response.write(Buffer.alloc(2 * MiB));
      response.end('x');
    });

    await startImport(service, id, webDownload(host.url), 'admin');
    await imported(service, id);

    assert.match((await lastTask(service, id)).message, /image_stage_total/);
    assert.deepEqual(await exactUsage(service, project), {
      images: 1,
      bytes: 0,
      stagedBytes: 0,
      uploads: 0,
    });
  });

  test('is undone by a delete, whatever it is at', async () => {
    const files = await filesOf();
    const asked = Promise.withResolvers<void>();
    await using host = await dataHost((_request, response) => {
      response.write('begun');
      asked.resolve();
    });
    const { id } = await createImage(service);
    const staged = await stagedImage(service);
    await startImport(service, id, webDownload(host.url));
    await asked.promise;

    const answer = await service.call('producer', 'DELETE', `/v2/images/${id}`);
    assert.equal((await service.call('producer', 'DELETE', `/v2/images/${staged.id}`)).status, 204);

    assert.equal(answer.status, 204);
    assert.equal((await service.call('producer', 'GET', `/v2/images/${id}`)).status, 404);
    const end = Date.now() + 10_000;
    while ((await filesOf()).length > files.length && Date.now() < end) {
      await new Promise((resolve) => {
        setTimeout(resolve, 20);
      });
    }
    assert.deepEqual((await filesOf()).toSorted(), files.toSorted());
    const { json } = await service.call('admin', 'GET', '/v2/tasks?limit=1&sort_key=updated_at');
    assert.equal(json.tasks[0].status, 'failure');
  });

  test('goes one at a time', async () => {
    const asked = Promise.withResolvers<void>();
    await using host = await dataHost(() => asked.resolve());
    const { id } = await createImage(service);
    await startImport(service, id, webDownload(host.url));
    await asked.promise;
    const { json } = await service.call('producer', 'GET', `/v2/images/${id}`);

    assert.equal(json.status, 'importing');
    assert.equal(json.os_glance_import_task, (await lastTask(service, id)).id);
    assert.equal((await startImport(service, id, webDownload(host.url))).status, 409);
    assert.equal(
      (await patch(service, id, [{ op: 'add', path: '/name', value: 'x' }])).status,
      200,
    );
    assert.equal((await service.call('producer', 'DELETE', `/v2/images/${id}`)).status, 204);
  });

  for (const [body, message] of [
    [undefined, /body/],
    [{}, /method/],
    [{ method: 'glance-direct' }, /method/],
    [{ method: {} }, /method\.name/],
    [{ method: { name: 'x' } }, /method\.name/],
    [{ method: { name: 'web-download' } }, /method\.uri/],
    [webDownload('file:///etc/passwd'), /method\.uri/],
    [webDownload('http://10.0.0.1/image'), /method\.uri/],
    [webDownload('http://localhost/image'), /method\.uri/],
    [{ ...direct, all_stores: 'yes' }, /all_stores/],
    [{ ...direct, all_stores_must_succeed: 1 }, /all_stores_must_succeed/],
    [{ ...direct, all_stores_must_succeed: false }, /one store/],
    [{ ...direct, all_stores: true, stores: ['file'] }, /all_stores/],
    [{ ...direct, stores: 'file' }, /stores/],
  ] as const) {
    test(`refuses ${JSON.stringify(body)}`, async () => {
      const { id } = await createImage(service);

      const path = `/v2/images/${id}/import`;
      const { status, text } = await service.call('producer', 'POST', path, body);

      assert.equal(status, 400);
      assert.match(text, message);
    });
  }

  test('tells of states before permissions, and of neither to strangers', async () => {
    const queued = await createImage(service);
    const active = await createActiveImage(service);
    const unset = await createImage(service, { disk_format: undefined });
    await stage(service, unset.id);
    const staged = await stagedImage(service);
    for (const { id } of [queued, active, staged]) await share(service, id, 'consumer');
    const copy = { method: { name: 'copy-image' } };

    for (const [image, body, caller, status] of [
      [queued, direct, 'producer', 409],
      [queued, direct, 'consumer', 409],
      [active, direct, 'producer', 409],
      [active, webDownload('http://127.0.0.1:1/'), 'producer', 409],
      [queued, copy, 'admin', 409],
      [unset, direct, 'producer', 409],
      [staged, direct, 'consumer', 403],
      [staged, direct, 'producer reader', 403],
      [staged, direct, 'stranger', 404],
      [staged, direct, 'nobody', 401],
      [active, copy, 'admin', 400],
      [{ id: missing }, direct, 'producer', 404],
    ] as const) {
      const answer = await startImport(service, image.id, body, caller);
      assert.equal(answer.status, status, `${JSON.stringify(body)} by ${caller}: ${answer.text}`);
    }
  });

  test('tells how data can be imported, to anybody with a token', async () => {
    const { status, json } = await service.call('stranger reader', 'GET', '/v2/info/import');

    assert.equal(status, 200);
    assert.equal(json['import-methods'].type, 'array');
    assert.deepEqual(json['import-methods'].value, [
      ...['glance-direct', 'web-download', 'copy-image'],
    ]);
    expectStatus(await service.call('nobody', 'GET', '/v2/info/import'), 401);
  });
});
