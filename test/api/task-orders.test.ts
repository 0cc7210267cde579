import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config.ts';
import { deleteDataCheck } from '../../src/database/data-checks.ts';
import { insertTask } from '../../src/database/tasks.ts';
import { startService } from '../../src/server.ts';
import type { CallerName } from '../support/callers.ts';
import { configOf } from '../support/config.ts';
import { databaseOf } from '../support/database.ts';
import { createActiveImage, createImage, dataType } from '../support/images.ts';
import { dataHost, openWeb } from '../support/imports.ts';
import { type Answer, sender, sharedService } from '../support/service.ts';
import { taskWith } from '../support/tasks.ts';
import { watchedLog } from '../support/watched-log.ts';

const service = await sharedService({
  config: {
    ...openWeb,
    policies: loadConfig({ VITRINE_POLICIES: 'tasks_api_access: role:member' }, undefined).policies,
  },
});

const data = Buffer.from('the data of the task');

function order(body: unknown, caller: CallerName = 'producer'): Promise<Answer> {
  return service.call(caller, 'POST', '/v2/tasks', body);
}

function inputOf(url: string, properties: object = {}) {
  return {
    import_from: url,
    import_from_format: 'raw',
    image_properties: { name: 'made', container_format: 'bare', ...properties },
  };
}

/** The task once it is over. */
async function ended(
  id: string,
  caller: Exclude<CallerName, 'nobody'> = 'producer',
  at: Pick<Region, 'call'> = service,
): Promise<Answer['json']> {
  const end = Date.now() + 20_000;
  for (;;) {
    const { json } = await at.call(caller, 'GET', `/v2/tasks/${id}`);
    if (json.status === 'success' || json.status === 'failure') return json;
    assert(Date.now() < end, `The task does not end: ${JSON.stringify(json)}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

async function imagesNamed(name: string): Promise<readonly unknown[]> {
  const { json } = await service.call('producer', 'GET', `/v2/images?name=${name}`);
  return json.images;
}

describe('POST /v2/tasks', () => {
  test('makes an image of what lies at a URL', async () => {
    await using host = await dataHost((_request, response) => response.end(data));
    const input = inputOf(host.url, { hw_disk_bus: 'scsi', tags: ['a'] });

    const { status, headers, json } = await order({ type: 'import', input });

    assert.equal(status, 201);
    assert.equal(headers.location, `${service.url}/v2/tasks/${json.id}`);
    const { created_at, updated_at, request_id, user_id, ...rest } = json;
    assert.deepEqual(
      [created_at, typeof request_id, typeof user_id],
      [updated_at, 'string', 'string'],
    );
    assert.deepEqual(rest, {
      id: json.id,
      type: 'import',
      status: 'pending',
      owner: service.projects.producer,
      input,
      result: null,
      message: '',
      self: `/v2/tasks/${json.id}`,
      schema: '/v2/schemas/task',
    });
    const task = await ended(json.id);
    assert.equal(task.status, 'success', task.message);
    const { image_id: id } = task.result;
    assert.equal(task.image_id, id);
    const image = (await service.call('producer', 'GET', `/v2/images/${id}`)).json;
    const { name, owner, disk_format, container_format, hw_disk_bus, tags, size } = image;
    assert.deepEqual(
      { name, owner, disk_format, container_format, hw_disk_bus, tags, size },
      {
        name: 'made',
        owner: service.projects.producer,
        disk_format: 'raw',
        container_format: 'bare',
        hw_disk_bus: 'scsi',
        tags: ['a'],
        size: data.length,
      },
    );
    assert.equal(image.status, 'active');
    assert.equal(image.os_hash_value, createHash('sha512').update(data).digest('hex'));
    const { bytes } = await service.call('producer', 'GET', `/v2/images/${id}/file`);
    assert(bytes.equals(data));
  });

  test('leaves no image when it fails', async () => {
    await using host = await dataHost((_request, response) => response.writeHead(404).end());
    const qcow = { ...inputOf(host.url, { name: 'gone' }), import_from_format: 'qcow2' };

    const { json } = await order({ type: 'import', input: qcow });
    const task = await ended(json.id);

    assert.equal(task.status, 'failure');
    assert.match(task.message, /404/);
    assert.deepEqual(await imagesNamed('gone'), []);
  });

  test('tells of what is missing by the task', async () => {
    const { import_from: _, ...rest } = inputOf('http://127.0.0.1/');

    const { status, json } = await order({ type: 'import', input: rest });
    const task = await ended(json.id);

    assert.equal(status, 201);
    assert.equal(task.status, 'failure');
    assert.match(task.message, /input\.import_from: is missing/);
  });

  test('refuses what no task can do', async () => {
    const url = 'http://127.0.0.1/';
    const withProperties = (properties: object) => ({
      type: 'import',
      input: inputOf(url, properties),
    });
    for (const [body, status, what] of [
      [{}, 400, /type/],
      [{ type: 'import' }, 400, /input/],
      [{ type: 'api_image_import', input: inputOf(url) }, 400, /type/],
      [{ type: 'import', input: [] }, 400, /input/],
      [{ type: 'import', input: { import_from: 5 } }, 400, /import_from/],
      [{ type: 'import', input: { image_properties: [] } }, 400, /image_properties/],
      [{ type: 'import', input: inputOf('file:///etc/passwd') }, 400, /scheme/],
      [{ type: 'import', input: inputOf('swift+config://a/b') }, 400, /scheme/],
      [{ type: 'import', input: inputOf('http://169.254.169.254/') }, 400, /host/],
      [withProperties({ disk_format: 'floppy' }), 400, /disk_format/],
      [withProperties({ visibility: 'public' }), 403, /public/],
      [withProperties({ owner: 'somebody' }), 403, /project/],
      [withProperties({ status: 'active' }), 403, /status/],
      [withProperties({ id: '6f5902ac-0b0b-4a86-9d7f-4c9d1b4b1a02' }), 403, /id/],
    ] as const) {
      const answer = await order(body);
      assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.text}`);
      assert.match(answer.text, what);
    }
  });

  test('is for those who may use tasks, and shows them their own', async () => {
    await using host = await dataHost((_request, response) => response.end(data));
    const body = { type: 'import', input: inputOf(host.url) };

    const { json } = await order(body);
    await ended(json.id);

    assert.equal((await order(body, 'producer reader')).status, 403);
    assert.equal((await order(body, 'nobody')).status, 401);
    assert.equal((await service.call('stranger', 'GET', `/v2/tasks/${json.id}`)).status, 404);
  });
});

/** The object store of the other region: one container, `there`, in which there is what was put. */
const objects = new Map<string, { readonly headers: object; readonly bytes: Buffer }>();

async function answerObjects(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const bytes = Buffer.concat(await request.toArray());
  const [, container, name = ''] = (request.url ?? '').split(/^[/]v1[/][^/]+[/]([^/]+)[/]?/);
  if (container !== 'there') return void response.writeHead(404).end();
  if (request.method === 'PUT') {
    const { etag, 'x-object-meta-vitrine-upload': upload = '' } = request.headers;
    const headers = {
      etag,
      'x-object-meta-vitrine-upload': upload,
      'content-length': bytes.length,
    };
    objects.set(name, { headers, bytes });
    return void response.writeHead(201, { etag }).end();
  }
  const found = objects.get(name);
  if (name.startsWith('?')) response.writeHead(200).end('[]');
  else if (name === '') response.writeHead(204).end();
  else response.writeHead(found ? 200 : 404, { ...found?.headers }).end();
}

type Region = Awaited<ReturnType<typeof otherRegion>>;

const { propertyProtection } = configOf(`property_protection:
  sections:
    - { name: "^trait:", create: admin, read: "@", update: admin, delete: admin }
    - { name: ".*", create: "@", read: "@", update: "@", delete: "@" }
`);

/** A Vitrine of another region, which has its accounts from the first one. */
async function otherRegion() {
  await using parts = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const store = await dataHost((request, response) => void answerObjects(request, response));
  parts.defer(() => store[Symbol.asyncDispose]());
  const clouds = parse(await readFile(join(service.folder, 'clouds.yaml'), 'utf8'));
  const { password } = clouds.clouds['vitrine-admin'].auth;
  const database = await databaseOf(folder);
  parts.defer(() => database[Symbol.asyncDispose]());
  const config = {
    ...loadConfig(
      {
        VITRINE_IDENTITY: 'keystone',
        VITRINE_KEYSTONE_AUTH_URL: `${service.url}/identity/v3`,
        VITRINE_KEYSTONE_USERNAME: 'admin',
        VITRINE_KEYSTONE_PASSWORD: password,
        VITRINE_KEYSTONE_PROJECT_NAME: 'admin',
        VITRINE_ENABLED_IMPORT_METHODS: 'glance-download',
        VITRINE_GLANCE_DOWNLOAD_REGIONS: JSON.stringify({ R1: service.url }),
        VITRINE_TASK_OBJECT_STORE_URL: `${store.url}v1/AUTH_%(project_id)s`,
        VITRINE_POLICIES: 'tasks_api_access: role:member',
      },
      undefined,
    ),
    ...database.config,
    propertyProtection,
    port: 0,
    dataDir: folder,
  };
  const log = watchedLog();
  const running = await startService(config, log.log);
  parts.defer(async () => {
    await running.stop();
    log.check();
  });
  const agent = new Agent({ keepAlive: true });
  parts.defer(() => agent.destroy());
  const owned = parts.move();
  const send = sender(running.url, agent);
  const call = (
    caller: Exclude<CallerName, 'nobody'>,
    method: string,
    path: string,
    body?: unknown,
    headers = {},
  ) => send(method, path, body, { 'x-auth-token': service.tokens[caller], ...headers });
  const openDatabase = () => database.open();
  return {
    call,
    folder,
    openDatabase,
    log: log.text,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const region = await otherRegion();
after(() => region[Symbol.asyncDispose]());

describe('an export', () => {
  /** An image of the other region with data. */
  async function exported(damage: (id: string) => Promise<void> = async () => {}) {
    const formats = { disk_format: 'raw', container_format: 'bare' };
    const { json: image } = await region.call('producer', 'POST', '/v2/images', formats);
    const path = `/v2/images/${image.id}/file`;
    const { status } = await region.call('producer', 'PUT', path, data, dataType);
    assert.equal(status, 204);
    await damage(image.id);
    const input = { image_uuid: image.id, receiving_swift_container: 'there' };
    const body = { type: 'export', input };
    const { json: task } = await region.call('producer', 'POST', '/v2/tasks', body);
    return { name: `${image.id}.raw`, path, task: await ended(task.id, 'producer', region) };
  }

  async function flip(id: string): Promise<void> {
    await using file = await open(join(region.folder, 'images', id.slice(0, 2), id), 'r+');
    await file.write('X', 3);
  }

  test('makes an object of the data of an image', async () => {
    const { name, task } = await exported();

    assert.equal(task.status, 'success', task.message);
    assert(objects.get(name)?.bytes.equals(data));
  });

  test('of damaged data makes none, and marks the image as a download does', async () => {
    const { name, task, path } = await exported(flip);

    assert.equal(task.status, 'failure');
    assert.match(task.message, /damaged: it is not what was uploaded/);
    assert.equal(objects.has(name), false);
    const { status, text } = await region.call('producer', 'GET', path);
    assert.equal(status, 503);
    assert.match(text, /damaged/);
  });

  test('of data without checksums of its chunks makes none either when it is another', async () => {
    const { name, task } = await exported(async (id) => {
      await flip(id);
      await using database = await region.openDatabase();
      await database.transaction((db) => deleteDataCheck(db, id));
    });

    assert.equal(task.status, 'failure');
    assert.match(task.message, /damaged: it is not what was uploaded/);
    assert.equal(objects.has(name), false);
  });

  test('whose process has ended fails, and says what may be left of it', async () => {
    const { path } = await exported();
    const id = path.split('/')[3] ?? '';
    const input = { image_uuid: id, receiving_swift_container: 'there' };
    const left = taskWith({ type: 'export', input, owner: service.projects.producer });
    {
      await using database = await region.openDatabase();
      const task = { ...left, createdAt: new Date() };
      await database.transaction((db) => insertTask(db, task, 'a process that is gone'));
    }
    await region.call('producer', 'POST', '/v2/tasks', { type: 'import', input: {} });

    const task = await ended(left.id, 'producer', region);

    assert.equal(task.status, 'failure');
    assert.match(task.message, /token .* is gone; order it again\. .*there\/segments\/.+\.raw\//);
  });

  test('ends where the object store is no longer configured, and says so', async () => {
    const input = { image_uuid: 'x', receiving_swift_container: 'there' };
    const left = taskWith({ type: 'export', input, owner: service.projects.producer });
    {
      await using database = await service.openDatabase();
      await database.transaction((db) => insertTask(db, { ...left, createdAt: new Date() }));
    }
    // Whatever is ordered has all that waits begun.
    await order({ type: 'import', input: {} });

    const task = await ended(left.id);

    assert.equal(task.status, 'failure');
    assert.match(task.message, /task_object_store_url is not set/);
  });
});

describe('glance-download', () => {
  async function download(body: object, caller: 'producer' | 'stranger' = 'producer') {
    const { json: made } = await region.call(caller, 'POST', '/v2/images', {});
    const path = `/v2/images/${made.id}`;
    const method = { name: 'glance-download', ...body };
    const answer = await region.call(caller, 'POST', `${path}/import`, { method });
    const end = Date.now() + 20_000;
    for (;;) {
      const { json: image } = await region.call(caller, 'GET', path);
      const isOver = image.os_glance_import_task === undefined;
      if (isOver) {
        const { json } = await region.call(caller, 'GET', `${path}/tasks`);
        return { answer, image, task: json.tasks.at(-1), path };
      }
      assert(Date.now() < end, 'The import does not end.');
      await new Promise((resolve) => {
        setTimeout(resolve, 10);
      });
    }
  }

  test('takes an image of another region, with what its data is called there', async () => {
    const source = await createActiveImage(service, data, {
      hw_disk_bus: 'scsi',
      os_distro: 'debian',
      secret_note: 'stays',
    });

    const { answer, image, task, path } = await download({
      glance_region: 'R1',
      glance_image_id: source.id,
    });

    assert.equal(answer.status, 202, answer.text);
    assert.equal(image.status, 'active', task.message);
    const { disk_format, container_format, hw_disk_bus, os_distro, secret_note } = image;
    assert.deepEqual(
      { disk_format, container_format, hw_disk_bus, os_distro, secret_note },
      {
        disk_format: 'raw',
        container_format: 'bare',
        hw_disk_bus: 'scsi',
        os_distro: 'debian',
        secret_note: undefined,
      },
    );
    assert.deepEqual(task.input.import_req.method, {
      name: 'glance-download',
      glance_region: 'R1',
      glance_image_id: source.id,
    });
    const { bytes } = await region.call('producer', 'GET', `${path}/file`);
    assert(bytes.equals(data));
  });

  test('gives nobody what the region would not, and leaves the image queued', async () => {
    const source = await createActiveImage(service, data);
    const queued = await createImage(service);

    for (const [id, caller, told] of [
      [source.id, 'stranger', /404/],
      [queued.id, 'producer', /queued, not active/],
      ['00000000-0000-4000-8000-000000000000', 'producer', /404/],
    ] as const) {
      const body = { glance_region: 'R1', glance_image_id: id };
      const { image, task } = await download(body, caller);

      assert.equal(image.status, 'queued');
      assert.equal(task.status, 'failure');
      assert.match(task.message, told);
    }
  });

  test('gives an image no property that its caller may not create', async () => {
    const source = await createActiveImage(service, data, { 'trait:COMPUTE': 'required' });
    const body = { glance_region: 'R1', glance_image_id: source.id };

    const { image, task } = await download(body);

    assert.equal(task.status, 'failure');
    assert.match(task.message, /trait:COMPUTE: you may not create this property/);
    assert.deepEqual([image.status, image['trait:COMPUTE']], ['queued', undefined]);
  });

  test('knows the regions that the operator has named, and images by their ids', async () => {
    const id = '00000000-0000-4000-8000-000000000000';
    for (const [body, what] of [
      [{ glance_image_id: id }, /glance_region/],
      [{ glance_region: 'R2', glance_image_id: id }, /one of R1/],
      [{ glance_region: 'R1' }, /glance_image_id/],
      [{ glance_region: 'R1', glance_image_id: 'x' }, /glance_image_id/],
      [{ glance_region: 'R1', glance_image_id: id, glance_service_interface: 'x' }, /interface/],
    ] as const) {
      const { answer } = await download(body);
      assert.equal(answer.status, 400);
      assert.match(answer.text, what);
    }
  });
});
