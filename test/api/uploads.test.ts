import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { insertSegment } from '../../src/database/upload-segments.ts';
import type { CallerName } from '../support/callers.ts';
import { createActiveImage, createImage, dataType, expectStatus } from '../support/images.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { type Answer, type Headers, sharedService } from '../support/service.ts';
import { seededBytes } from '../support/slow-data.ts';

const service = await sharedService();
const root = '/vitrine/v1/uploads';
const tus = { 'tus-resumable': '1.0.0' } as const;
const data = seededBytes('resumable', 300_001);

function metadataOf(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

/** Begins an upload of so many bytes; the answer, whatever it is. */
function create(
  imageId: string,
  size: number,
  more: Headers = {},
  caller: CallerName = 'producer',
) {
  const headers = {
    ...tus,
    'upload-length': String(size),
    'upload-metadata': metadataOf({ image_id: imageId, filename: 'disk.img' }),
    ...more,
  };
  return service.call(caller, 'POST', root, undefined, headers);
}

/** Begins an upload to a new image. */
async function begin(size = data.length, properties = {}) {
  const image = await createImage(service, properties);
  const answer = expectStatus(await create(image.id, size), 201);
  return { imageId: image.id, path: new URL(String(answer.headers.location)).pathname, answer };
}

function append(
  path: string,
  offset: number,
  bytes: Uint8Array,
  more: Headers = {},
  caller: CallerName = 'producer',
) {
  const headers = {
    ...tus,
    'content-type': 'application/offset+octet-stream',
    'upload-offset': String(offset),
    ...more,
  };
  return service.call(caller, 'PATCH', path, Buffer.from(bytes), headers);
}

function look(path: string, caller: CallerName = 'producer') {
  return service.call(caller, 'HEAD', path, undefined, tus);
}

async function show(imageId: string) {
  return (await service.call('producer', 'GET', `/v2/images/${imageId}`)).json;
}

const quotasPath = `/vitrine/v1/projects/${service.projects.producer}/quotas`;

async function usage() {
  const { quotas } = expectStatus(await service.call('admin', 'GET', quotasPath), 200).json;
  return { uploads: quotas.image_count_uploading.usage, mib: quotas.image_size_total.usage };
}

async function setQuotas(quotas: Readonly<Record<string, number>>): Promise<void> {
  expectStatus(await service.call('admin', 'PUT', quotasPath, { quotas }), 200);
}

/** Every file of data, by its name. */
async function files(): Promise<readonly string[]> {
  const folder = join(service.folder, 'images');
  // Elsewhere there are other stores.
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await isSo()); await setTimeout(20)) {
    assert(Date.now() < end, what);
  }
}

async function checkActive(imageId: string, bytes: Uint8Array): Promise<void> {
  const image = await show(imageId);
  assert.equal(image.status, 'active');
  assert.equal(image.size, bytes.length);
  assert.equal(image.checksum, createHash('md5').update(bytes).digest('hex'));
  assert.equal(image.os_hash_value, createHash('sha512').update(bytes).digest('hex'));
  const got = await service.call('producer', 'GET', `/v2/images/${imageId}/file`);
  assert.deepEqual(got.bytes, Buffer.from(bytes));
}

test('the service says what of the protocol it speaks', async () => {
  const answer = await service.call('producer', 'OPTIONS', root);

  assert.equal(answer.status, 204);
  assert.equal(answer.headers['tus-version'], '1.0.0');
  assert.equal(
    answer.headers['tus-extension'],
    'creation,creation-with-upload,termination,expiration,checksum',
  );
});

test('data that comes in several requests makes the same image as a plain upload', async () => {
  const plain = await createActiveImage(service, data);
  const { imageId, path, answer } = await begin();
  const saving = await show(imageId);

  const offsets = [];
  for (const [from, to] of [
    [0, 1],
    [1, 270_000],
    [270_000, data.length],
  ] as const) {
    const appended = expectStatus(await append(path, from, data.subarray(from, to)), 204);
    offsets.push(appended.headers['upload-offset']);
  }

  assert.match(
    String(answer.headers.location),
    /^http:\/\/.*\/vitrine\/v1\/uploads\/[\da-f-]{36}$/,
  );
  assert(Date.parse(String(answer.headers['upload-expires'])) > Date.now());
  assert.equal(saving.status, 'saving');
  assert.deepEqual(offsets, ['1', '270000', String(data.length)]);
  await checkActive(imageId, data);
  const image = await show(imageId);
  for (const key of ['size', 'virtual_size', 'checksum', 'os_hash_algo', 'os_hash_value']) {
    assert.equal(image[key], plain[key], key);
  }
  const after = await look(path);
  assert.equal(after.status, 200);
  assert.equal(after.headers['upload-offset'], String(data.length));
  assert.equal(after.headers['upload-length'], String(data.length));
  assert.equal(after.headers['cache-control'], 'no-store');
  await until('no piece is left', async () => {
    const names = await files();
    return names.every((name) => [imageId, plain.id].includes(name));
  });
});

test('an upload may begin with data, and may be of nothing', async () => {
  const [whole, empty] = [await createImage(service), await createImage(service)];
  const headers = {
    ...tus,
    'content-type': 'application/offset+octet-stream',
    'upload-length': String(data.length),
    'upload-metadata': metadataOf({ image_id: whole.id }),
  };

  const created = await service.call('producer', 'POST', root, data, headers);
  const none = await create(empty.id, 0);

  assert.equal(created.status, 201, created.text);
  assert.equal(created.headers['upload-offset'], String(data.length));
  await checkActive(whole.id, data);
  assert.equal(none.status, 201, none.text);
  await checkActive(empty.id, new Uint8Array(0));
});

test('what came before the sender was cut off stays, and the upload goes on there', async () => {
  const { imageId, path } = await begin();

  let offset = 0;
  // A sender that goes away before anything was read has sent nothing.
  await until('what came is kept', async () => {
    await sendAndGo(path);
    offset = Number((await look(path)).headers['upload-offset']);
    return offset > 0;
  });
  const rest = await append(path, offset, data.subarray(offset));

  assert.equal(offset, 1000);
  assert.equal(rest.status, 204, rest.text);
  await checkActive(imageId, data);
});

/** Sends the first 1000 bytes and goes away. */
async function sendAndGo(path: string): Promise<void> {
  await using connection = await rawConnection(service.port);
  connection.write(
    `PATCH ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${service.tokens.producer}\r\n` +
      'Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nExpect: 100-continue\r\n' +
      `Content-Type: application/offset+octet-stream\r\nContent-Length: ${data.length}\r\n\r\n`,
  );
  await connection.until(/\r\n\r\n/);
  connection.write(data.subarray(0, 1000));
  await setTimeout(50);
}

test('a later request takes the place of one that is stuck', async () => {
  const { imageId, path } = await begin(10);
  await using stuck = await rawConnection(service.port);
  stuck.write(
    `PATCH ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${service.tokens.producer}\r\n` +
      'Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nExpect: 100-continue\r\n' +
      'Content-Type: application/offset+octet-stream\r\nContent-Length: 10\r\n\r\n',
  );
  await stuck.until(/100 Continue/);

  const answer = await append(path, 0, data.subarray(0, 10));

  assert.equal(answer.status, 204, answer.text);
  await checkActive(imageId, data.subarray(0, 10));
});

test('of the same bytes sent twice one is taken', async () => {
  const { imageId, path } = await begin(8);

  const answers = await Promise.all(
    [1, 2, 3].map(() => append(path, 0, data.subarray(0, 8)).catch(() => undefined)),
  );
  const again = await append(path, 0, data.subarray(0, 8));

  assert(answers.some((answer) => answer?.status === 204));
  assert.equal(again.status, 409);
  assert.match(again.text, /Upload-Offset: the upload is at 8, not at 0\./);
  await checkActive(imageId, data.subarray(0, 8));
});

test('data with another checksum than its sender says is not taken', async () => {
  const { imageId, path } = await begin(20);
  const [first, second] = [data.subarray(0, 10), data.subarray(10, 20)];
  const sha1 = (bytes: Uint8Array) => `sha1 ${createHash('sha1').update(bytes).digest('base64')}`;

  const right = await append(path, 0, first, { 'upload-checksum': sha1(first) });
  const wrong = await append(path, 10, second, { 'upload-checksum': sha1(first) });
  const unknown = await append(path, 10, second, { 'upload-checksum': 'crc32 AAAA' });
  const offset = (await look(path)).headers['upload-offset'];
  const last = await append(path, 10, second, { 'upload-checksum': sha1(second) });

  assert.deepEqual([right.status, wrong.status, unknown.status], [204, 460, 400]);
  assert.match(unknown.text, /Upload-Checksum: one of sha1, md5, sha256, sha512 /);
  assert.equal(offset, '10');
  assert.equal(last.status, 204, last.text);
  await checkActive(imageId, data.subarray(0, 20));
});

test('data that is not what its image says ends the upload, and the image is queued again', async () => {
  const { imageId, path } = await begin(1000, { disk_format: 'qcow2' });

  const refused = await append(path, 0, data.subarray(0, 1000));

  assert.equal(refused.status, 415, refused.text);
  const image = await show(imageId);
  assert.deepEqual([image.status, image.size], ['queued', null]);
  assert.equal((await look(path)).status, 404);
  assert(!(await files()).includes(imageId));
});

test('an upload is for its own project alone', async () => {
  const { path } = await begin();
  const missing = `${root}/${randomUUID()}`;

  for (const [method, headers] of [
    ['HEAD', tus],
    ['DELETE', tus],
    ['PATCH', { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' }],
  ] as const) {
    const body = method === 'PATCH' ? Buffer.from('x') : undefined;
    const foreign = await service.call('consumer', method, path, body, headers);
    const unknown = await service.call('consumer', method, missing, body, headers);
    assert.equal(foreign.status, 404, method);
    assert.equal(foreign.text, unknown.text.replace(missing.slice(-36), path.slice(-36)));
  }
  const reader = await append(path, 0, data.subarray(0, 1), {}, 'producer reader');
  assert.equal(reader.status, 403);
  assert.equal((await look(path, 'producer reader')).status, 200);
  assert.equal((await look(path, 'admin')).status, 200);
  expectStatus(await service.call('producer', 'DELETE', path, undefined, tus), 204);
});

test('an upload begins only where a plain one would', async () => {
  const active = await createActiveImage(service);
  const queued = await createImage(service);
  const bare = await createImage(service, { container_format: null });
  const foreign = await createImage(service, {}, 'consumer');

  const answers = [
    await create(active.id, 1),
    await create(foreign.id, 1),
    await create(randomUUID(), 1),
    await create(bare.id, 1),
    await create(queued.id, 1, {}, 'producer reader'),
    await create(queued.id, Number.MAX_SAFE_INTEGER),
  ];

  assert.deepEqual(
    answers.map(({ status }) => status),
    [409, 404, 404, 400, 403, 413],
  );
  assert.equal((await show(queued.id)).status, 'queued');
});

test('who asks again, having heard no answer, gets the same upload until something comes to it', async () => {
  const { imageId, path } = await begin(10);
  const pathOf = ({ headers }: { headers: Answer['headers'] }) =>
    new URL(String(headers.location)).pathname;

  const again = expectStatus(await create(imageId, 10), 201);
  const [longer, another] = [
    await create(imageId, 11),
    await create(imageId, 10, {}, 'producer admin'),
  ];
  expectStatus(await append(path, 0, data.subarray(0, 1)), 204);
  const later = await create(imageId, 10);

  assert.equal(pathOf(again), path);
  assert.deepEqual([longer.status, another.status, later.status], [409, 409, 409]);
  expectStatus(await append(path, 1, data.subarray(1, 10)), 204);
  await checkActive(imageId, data.subarray(0, 10));
  assert.equal((await create(imageId, 10)).status, 409);
});

test('bad input names the header and what is wanted', async () => {
  const { id } = await createImage(service);
  const { path } = await begin(10);
  const patch = { 'content-type': 'application/offset+octet-stream' };

  const version = await service.call('producer', 'HEAD', path);
  const cases: readonly (readonly [ReturnType<typeof create>, number, RegExp | undefined])[] = [
    [create(id, 1, { 'upload-length': '1e3' }), 400, /Upload-Length: a number of bytes is wanted/],
    [create(id, 1, { 'upload-metadata': '' }), 400, /Upload-Metadata: image_id is wanted/],
    [create(id, 1, { 'upload-metadata': 'a b c' }), 400, /Upload-Metadata: pairs of a key/],
    [create(id, 1, { 'tus-resumable': '0.2' }), 412, /Tus-Resumable: 1\.0\.0 is wanted/],
    [append(path, 3, data.subarray(0, 1)), 409, /Upload-Offset: the upload is at 0, not at 3/],
    [append(path, 0, data.subarray(0, 11)), 400, /more bytes than the 10 that/],
    [append(path, 0, data, { ...patch, 'upload-offset': '-1' }), 400, /Upload-Offset: a number/],
    [append(path, 0, data, dataType), 415, /Content-Type: must be application\/offset/],
  ];
  assert.equal(version.status, 412);
  assert.equal(version.headers['tus-version'], '1.0.0');
  for (const [call, status, text] of cases) {
    const answer = await call;
    assert.equal(answer.status, status, answer.text);
    if (text) assert.match(answer.text, text);
  }
  const chunked = await append(path, 0, data.subarray(0, 11), { 'transfer-encoding': 'chunked' });
  assert.equal(chunked.status, 400);
  assert.match(chunked.text, /more bytes than the 10 that/);
  assert.equal((await look(path)).status, 200);
});

test('an upload never has more bytes than it announced, in however many chunks they come', async () => {
  const { imageId, path } = await begin(10);
  {
    await using sender = await rawConnection(service.port);
    sender.write(
      `PATCH ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${service.tokens.producer}\r\n` +
        'Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nTransfer-Encoding: chunked\r\n' +
        'Content-Type: application/offset+octet-stream\r\n\r\n' +
        '5\r\n12345\r\na\r\n6789012345\r\n0\r\n\r\n',
    );
    assert.match(await sender.until(/\r\n\r\n/), /^HTTP\/1\.1 400 /);
  }

  const offset = Number((await look(path)).headers['upload-offset']);

  assert(offset <= 10, `it is at ${offset} of 10`);
  expectStatus(await append(path, offset, Buffer.from('1234567890').subarray(offset)), 204);
  await checkActive(imageId, Buffer.from('1234567890'));
});

test('what a try to end an upload may have left is noted with the end of its image', async () => {
  const { imageId } = await begin(10);
  await using database = await service.openDatabase();

  expectStatus(await service.call('producer', 'DELETE', `/v2/images/${imageId}`), 204);

  const noted = await database.read.selectFrom('unwanted_data').select('location').execute();
  assert.equal(noted.filter(({ location }) => location.endsWith(imageId)).length, 1);
});

test('an upload that has come in too many pieces takes no more of them', async () => {
  const { imageId, path } = await begin(10);
  await using database = await service.openDatabase();
  const piece = { dataId: randomUUID(), store: null, size: 0, processId: 'another' };
  await database.transaction((db) =>
    insertSegment(db, path.slice(-36), { ...piece, number: 10_000 }),
  );

  const answer = await append(path, 0, data.subarray(0, 1));

  assert.equal(answer.status, 400);
  assert.match(answer.text, /has come in 10000 requests; send more bytes with each/);
  assert.equal((await show(imageId)).status, 'saving');
});

test('room is set aside from the beginning, and free again at the end, however it comes', async () => {
  const mib = 1024 * 1024;
  const before = await usage();
  await setQuotas({
    image_size_total: before.mib + 3,
    image_count_uploading: before.uploads + 1,
  });
  const { imageId, path } = await begin(2 * mib);
  const during = await usage();
  const [another] = [await createImage(service)];
  const more = await create(another.id, 1);
  expectStatus(await service.call('producer', 'DELETE', path, undefined, tus), 204);
  const ended = await usage();
  const queued = await show(imageId);
  const deleted = await begin(2 * mib);
  expectStatus(await append(deleted.path, 0, data.subarray(0, 10)), 204);
  expectStatus(await service.call('producer', 'DELETE', `/v2/images/${deleted.imageId}`), 204);
  const after = await usage();
  await setQuotas({ image_size_total: -1, image_count_uploading: -1 });

  assert.deepEqual(during, { uploads: before.uploads + 1, mib: before.mib + 2 });
  assert.equal(more.status, 413);
  assert.match(more.text, /image_count_uploading/);
  assert.deepEqual(ended, before);
  assert.equal(queued.status, 'queued');
  assert.deepEqual(after, before);
  assert.equal((await look(deleted.path)).status, 404);
  assert.equal((await append(deleted.path, 10, data.subarray(0, 1))).status, 404);
});
