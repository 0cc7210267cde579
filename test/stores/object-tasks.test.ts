import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { keystoneSettings, openRealKeystone } from '../keystone/real-keystone.ts';
import { vhd } from '../support/disk-images.ts';
import { noteSecret } from '../support/secrets.ts';
import { emptyFolder, spawnService } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';
import { givenFolder } from './servers.ts';

const run = promisify(execFile);
const keystone = await openRealKeystone(givenFolder());
const swiftPort = (await readFile(join(givenFolder(), 'swift', 'keystone-port'), 'utf8')).trim();
const swiftUrl = `http://127.0.0.1:${swiftPort}/v1/AUTH_`;
const folder = await emptyFolder();
after(() => folder[Symbol.asyncDispose]());

noteSecret(keystone.password);
const service = spawnService({
  VITRINE_PORT: '0',
  VITRINE_DATA_DIR: join(folder.path, 'data'),
  VITRINE_LOG_LEVEL: 'trace',
  ...keystoneSettings(keystone),
  VITRINE_POLICIES: 'tasks_api_access: role:member',
  VITRINE_TASK_OBJECT_STORE_URL: `${swiftUrl}%(project_id)s`,
});
after(async () => {
  service.kill('SIGTERM');
  await service.exited;
});
const url = await service.ready;

const producer = await keystone.logIn('producer');
const consumer = await keystone.logIn('consumer');
for (const { token } of [producer, consumer]) noteSecret(token);

const container = `tasks-${Date.now()}`;

async function swift(
  { token, projectId }: typeof producer,
  method: string,
  path: string,
  body?: Uint8Array,
): Promise<Response> {
  const init = { method, headers: { 'x-auth-token': token }, ...(body && { body }) };
  return await fetch(`${swiftUrl}${projectId}/${path}`, init as RequestInit);
}

assert.equal((await swift(producer, 'PUT', container)).status, 201);

// biome-ignore lint/suspicious/noExplicitAny: tests read whatever document came.
async function call(method: string, path: string, body?: unknown, who = producer): Promise<any> {
  const answer = await fetch(`${url}/v2${path}`, {
    method,
    headers: { 'x-auth-token': who.token, accept: 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return await answer.json();
}

/** A task once it is over. */
async function done(type: string, input: object, who = producer) {
  const { id } = await call('POST', '/tasks', { type, input }, who);
  return await ended(id, who);
}

async function ended(id: string, who = producer) {
  for (let end = Date.now() + 60_000; ; ) {
    const task = await call('GET', `/tasks/${id}`, undefined, who);
    if (task.status === 'success' || task.status === 'failure') return task;
    assert(Date.now() < end, JSON.stringify(task));
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
}

async function dataOf(id: string): Promise<Buffer> {
  const headers = { 'x-auth-token': producer.token };
  const answer = await fetch(`${url}/v2/images/${id}/file`, { headers });
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}

/** What the clients of OpenStack find: a cloud that takes images by tasks. */
async function clientEnvironment(): Promise<Record<string, string>> {
  const auth = await keystone.auth('producer');
  const options = { image_api_use_tasks: true, image_endpoint_override: url };
  const cloud = { auth, region_name: 'RegionOne', identity_api_version: 3, ...options };
  const clouds = join(folder.path, 'clouds.yaml');
  await writeFile(clouds, JSON.stringify({ clouds: { tasks: cloud } }));
  return { HOME: folder.path, OS_CLIENT_CONFIG_FILE: clouds, OS_CLOUD: 'tasks' };
}

const disk = seededBytes('a disk', 3_000_001);
const diskFile = join(folder.path, 'disk.raw');
await writeFile(diskFile, disk);

test('openstack image create uploads an object, of which a task makes an image', async () => {
  const formats = ['--disk-format', 'raw', '--container-format', 'bare'];
  const { stdout } = await run(
    '/usr/bin/openstack',
    ['image', 'create', ...formats, '--file', diskFile, '-f', 'json', 'by-a-task'],
    { env: await clientEnvironment() },
  );

  // The command does not wait: it shows the task.
  const task = await ended(JSON.parse(stdout).id);
  const image = await call('GET', `/images/${task.result.image_id}`);
  assert.deepEqual(
    [image.name, image.status, image.disk_format, image.size],
    ['by-a-task', 'active', 'raw', disk.length],
  );
  assert.equal(image.os_hash_value, createHash('sha512').update(disk).digest('hex'));
  assert.ok((await dataOf(image.id)).equals(disk));
});

const waitingProgram = `
import sys, openstack
cloud = openstack.connect()
image = cloud.create_image("waited-for", filename=sys.argv[1], wait=True, timeout=60, os_distro="debian")
print(image.id, image.status, len(list(cloud.object_store.objects("images", prefix="waited-for"))))
`;

test('openstacksdk waits for the task, describes the image and removes the object', async () => {
  const { stdout } = await run('/usr/bin/python3', ['-c', waitingProgram, diskFile], {
    env: await clientEnvironment(),
  });

  const [id, status, objects] = stdout.trim().split(' ');
  assert.deepEqual([status, objects], ['active', '0']);
  const image = await call('GET', `/images/${id}`);
  assert.deepEqual(
    [image.name, image.os_distro, image.size],
    ['waited-for', 'debian', disk.length],
  );
});

test('an object is imported as what its data is, with no more than a name', async () => {
  const disk = vhd({ disk: seededBytes('inside', 100 * 512) });
  await swift(producer, 'PUT', `${container}/a%20folder/disk.vhd`, disk);

  const input = { import_from: `${container}/a folder/disk.vhd`, image_properties: { name: 'v' } };
  const task = await done('import', input);

  assert.equal(task.message, '');
  assert.deepEqual(Object.keys(task.result), ['image_id']);
  const image = await call('GET', `/images/${task.result.image_id}`);
  assert.deepEqual([image.name, image.status, image.disk_format], ['v', 'active', 'vhd']);
  assert.ok((await dataOf(image.id)).equals(disk));
});

test('a disk that cannot be imported is refused by its code, and leaves no image', async () => {
  await swift(producer, 'PUT', `${container}/child.vhd`, vhd({ type: 4 }));
  await swift(producer, 'PUT', `${container}/text.vhd`, Buffer.from('no disk'));
  const properties = { image_properties: { name: 'refused' } };

  const child = await done('import', { import_from: `${container}/child.vhd`, ...properties });
  const text = await done('import', {
    import_from: `${container}/text.vhd`,
    import_from_format: 'vhd',
    ...properties,
  });

  assert.match(child.message, /^Image cannot be imported\. Error code: '721'\. .*parent disk/);
  assert.match(text.message, /^Image cannot be imported\. Error code: '396'\. /);
  assert.deepEqual((await call('GET', '/images?name=refused')).images, []);
});

test('nobody imports but what is his own', async () => {
  await swift(producer, 'PUT', `${container}/own`, Buffer.from('own'));
  const input = { import_from: `${container}/own`, image_properties: { name: 'taken' } };

  const task = await done('import', input, consumer);
  const away = await call('POST', '/tasks', {
    type: 'import',
    input: { ...input, import_from: `${container}/../../AUTH_${producer.projectId}/own` },
  });

  assert.deepEqual([task.status, task.result], ['failure', null]);
  assert.match(task.message, /There is no object/);
  assert.match(JSON.stringify(away), /input\.import_from: a URL, or/);
});

/** An image with more data than one part of an object has. */
const data = seededBytes('to be exported', 40 * 1024 * 1024);

async function imageWith(bytes: Uint8Array): Promise<string> {
  const formats = { disk_format: 'raw', container_format: 'bare' };
  const { id } = await call('POST', '/images', { name: 'export', ...formats });
  const headers = { 'x-auth-token': producer.token, 'content-type': 'application/octet-stream' };
  const init = { method: 'PUT', headers, body: Buffer.from(bytes) };
  assert.equal((await fetch(`${url}/v2/images/${id}/file`, init)).status, 204);
  return id;
}

test('an image is exported to a container of its owner, once', async () => {
  const id = await imageWith(data);
  const input = { image_uuid: id, receiving_swift_container: container };

  const task = await done('export', input);
  const again = await done('export', input);

  assert.equal(task.message, '');
  assert.deepEqual(task.result, { export_location: `${container}/${id}.raw` });
  const object = await swift(producer, 'GET', `${container}/${id}.raw`);
  assert.ok(Buffer.from(await object.arrayBuffer()).equals(data));
  assert.deepEqual([again.status, again.result], ['failure', null]);
  assert.match(again.message, /already/);
  const found = await call('GET', '/tasks?type=export&status=success');
  assert.ok(found.tasks.some((one: { readonly id: string }) => one.id === task.id));
});

async function namesIn(prefix: string): Promise<readonly string[]> {
  const listing = await swift(producer, 'GET', `${container}?prefix=${prefix}`);
  return (await listing.text()).split('\n').filter((name) => name !== '');
}

test('an export of damaged data leaves nothing in the container', async () => {
  const id = await imageWith(data);
  {
    const path = join(folder.path, 'data', 'images', id.slice(0, 2), id);
    await using file = await open(path, 'r+');
    await file.write('damaged', data.length - 100);
  }

  const task = await done('export', { image_uuid: id, receiving_swift_container: container });

  assert.match(task.message, /damaged: it is not what was uploaded/);
  assert.deepEqual(
    [await namesIn(id), await namesIn(`segments/${id}`), await namesIn(`unfinished/${id}`)],
    [[], [], []],
  );
});

test('of two exports of an image to one container, what one has sent is not touched by the other', async () => {
  const id = await imageWith(data);
  const to = { image_uuid: id, receiving_swift_container: container };
  // As the other one has it while it sends.
  const [marker, part] = [`unfinished/${id}.raw/other`, `segments/${id}.raw/other/00000001`];
  for (const name of [marker, part]) {
    await swift(producer, 'PUT', `${container}/${name}`, Buffer.from('a part'));
  }

  const tasks = await Promise.all([done('export', to), done('export', to)]);

  const states = tasks.map(({ status }) => String(status)).toSorted((a, b) => a.localeCompare(b));
  assert.deepEqual(states, ['failure', 'success']);
  const read = await swift(producer, 'GET', `${container}/${id}.raw`);
  assert.ok(Buffer.from(await read.arrayBuffer()).equals(data));
  assert.ok((await namesIn(`unfinished/${id}`)).includes(marker));
  assert.ok((await namesIn(`segments/${id}`)).includes(part));
});

test('an export says what it lacks', async () => {
  const id = await imageWith(Buffer.from('small'));
  const to = { receiving_swift_container: container };
  const missing = '00000000-0000-4000-8000-000000000000';
  for (const [input, reason, who] of [
    [{ image_uuid: id, receiving_swift_container: 'none-such' }, /no container none-such/],
    [{ image_uuid: id, receiving_swift_container: 'a.b' }, /receiving_swift_container: the name/],
    [{ image_uuid: missing, ...to }, /There is no image .* in your project/],
    [{ image_uuid: id, ...to }, /There is no image .* in your project/, consumer],
    [{ image_uuid: id }, /receiving_swift_container: is missing/],
    [to, /image_uuid: is missing/],
  ] as const) {
    const task = await done('export', input, who);
    assert.equal(task.status, 'failure');
    assert.match(task.message, reason);
  }
});
