import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import {
  beginCall,
  beginUpload,
  checkQueued,
  checkWhole,
  createImage,
  dataFilesOf,
  deleteImage,
  imageWith,
  replyTo,
  showImage,
  until,
  untilSaving,
  uploadImage,
} from '../support/image-calls.ts';
import { runService, sharedRun } from '../support/running-service.ts';
import { seededBytes, writeAll } from '../support/slow-data.ts';

/** Bytes that one image may have. */
const sizeCap = 8 * 1024 * 1024;

const service = await sharedRun({ environment: { VITRINE_IMAGE_SIZE_CAP: String(sizeCap) } });

/** The image is as if no upload had ever begun. */
async function checkNothingLeft(id: string): Promise<void> {
  await until(
    'the image is queued',
    async () => (await showImage(service, id)).status === 'queued',
  );
  await checkQueued(service, id);
  assert.deepEqual(await dataFilesOf(service.folder, id), []);
}

for (const size of [0, 1, 300_000, sizeCap]) {
  test(`takes ${size} bytes with their length`, async () => {
    const id = await createImage(service);
    const data = seededBytes('sized', size);

    const reply = await uploadImage(service, id, data);

    assert.equal(reply.status, 204);
    await checkWhole(service, id, data);
  });

  test(`takes ${size} bytes in chunks`, async () => {
    const id = await createImage(service);
    const data = seededBytes('chunked', size);
    const upload = await beginUpload(service, id, { 'transfer-encoding': 'chunked' });

    await writeAll(upload, data);
    upload.end();
    const reply = await replyTo(upload);

    assert.equal(reply.status, 204);
    await checkWhole(service, id, data);
  });
}

test('asks a client that waits for it to send the data', async () => {
  const id = await createImage(service);
  const data = seededBytes('continued', 300_000);
  const upload = await beginUpload(service, id, { expect: '100-continue' });

  upload.flushHeaders();
  await once(upload, 'continue');
  upload.end(data);
  const reply = await replyTo(upload);

  assert.equal(reply.status, 204);
  await checkWhole(service, id, data);
});

test('asks a client that waits for it to send a document, and keeps its connection', async () => {
  const agent = new Agent({ keepAlive: true });
  const create = await beginCall(service, {
    method: 'POST',
    path: '/v2/images',
    headers: { expect: '100-continue', 'content-type': 'application/json' },
    agent,
  });

  create.flushHeaders();
  await once(create, 'continue');
  create.end('{"name": "waited"}');
  const reply = await replyTo(create);
  agent.destroy();

  assert.equal(reply.status, 201);
  assert.equal(reply.headers.connection, 'keep-alive');
});

test('asks for no data that it does not take', async () => {
  const data = seededBytes('first', 1000);
  const id = await imageWith(service, data);
  const upload = await beginUpload(service, id, {
    expect: '100-continue',
    'content-length': '5000000',
  });
  let isAsked = false;
  upload.once('continue', () => {
    isAsked = true;
  });

  upload.flushHeaders();
  const reply = await replyTo(upload);
  upload.destroy();

  assert.equal(reply.status, 409);
  assert.equal(isAsked, false);
  await checkWhole(service, id, data);
});

for (const size of [1, 5_000_000]) {
  test(`is as before when the client leaves after ${size} bytes`, async () => {
    const id = await createImage(service);
    const upload = await beginUpload(service, id, { 'content-length': '6000000' });
    await writeAll(upload, seededBytes('left', size));
    await untilSaving(service, id);

    upload.once('error', () => undefined).destroy();

    await checkNothingLeft(id);
    const again = seededBytes('again', 1000);
    assert.equal((await uploadImage(service, id, again)).status, 204);
    await checkWhole(service, id, again);
  });
}

test('clients that leave cost no open file', async () => {
  const before = (await readdir(`/proc/${service.pid}/fd`)).length;
  for (let round = 0; round < 10; round += 1) {
    const id = await createImage(service);
    const upload = await beginUpload(service, id);
    upload.write(seededBytes('left', 400_000));
    await untilSaving(service, id);
    upload.once('error', () => undefined).destroy();
    await checkNothingLeft(id);
  }

  await until('no more files are open than before', async () => {
    return (await readdir(`/proc/${service.pid}/fd`)).length <= before;
  });
});

/** An upload by a client that looks at the answer only when it has sent everything; the answer's head. */
async function stubbornUpload(head: readonly string[], body: Buffer): Promise<string> {
  const socket = connect(service.port, '127.0.0.1');
  const lines = [...head, 'host: 127.0.0.1', `content-length: ${body.length}`];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await writeAll(socket, body);
  for await (const chunk of socket) {
    socket.destroy();
    return String(chunk);
  }
  return '';
}

const refusals = [
  { status: 401, what: 'has no valid token', fields: { token: 'wrong' } },
  { status: 404, what: 'names no image', fields: { image: 'none' } },
  { status: 409, what: 'comes second', fields: { image: 'active' } },
  { status: 413, what: 'is too large', fields: {} },
  { status: 415, what: 'is of another type', fields: { type: 'text/plain' } },
] as const;

for (const { status, what, fields } of refusals) {
  test(`a client that sends on reads the refusal of an upload that ${what}`, async () => {
    const wanted = { token: await service.token('producer'), image: 'queued', ...fields };
    const images: Record<string, string> = {
      queued: await createImage(service),
      active: await imageWith(service, Buffer.from('data')),
      none: '00000000-0000-4000-8000-000000000000',
    };
    const head = [
      `PUT /v2/images/${images[wanted.image]}/file HTTP/1.1`,
      `x-auth-token: ${wanted.token}`,
      `content-type: ${'type' in fields ? fields.type : 'application/octet-stream'}`,
    ];

    const answer = await stubbornUpload(head, Buffer.alloc(32 * 1024 * 1024));

    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.deepEqual(await dataFilesOf(service.folder, images['queued'] ?? ''), []);
  });
}

for (const token of ['valid', 'wrong']) {
  test(`a client with a ${token} token that sends on for ever is cut off`, async () => {
    const id = await imageWith(service, Buffer.from('data'));
    const socket = connect(service.port, '127.0.0.1').once('error', () => undefined);
    const head = [
      `PUT /v2/images/${id}/file HTTP/1.1`,
      'host: 127.0.0.1',
      `x-auth-token: ${token === 'valid' ? await service.token('producer') : token}`,
      'content-type: application/octet-stream',
      'content-length: 1099511627776',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));

    const piece = Buffer.alloc(1024 * 1024);
    let sent = 0;
    for (; sent < 2048 && socket.writable; sent += 1) {
      if (!socket.write(piece)) {
        await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed]);
      }
    }
    socket.destroy();

    assert(sent < 2048, `${sent} MiB were taken`);
  });
}

test('of two uploads at once, one wins', async () => {
  const id = await createImage(service);
  const datas = [seededBytes('one', 3_000_000), seededBytes('other', 3_000_000)];

  const replies = await Promise.all(datas.map((data) => uploadImage(service, id, data)));

  const statuses = replies.map(({ status }) => status);
  assert.deepEqual(new Set(statuses), new Set([204, 409]));
  await checkWhole(service, id, datas[statuses.indexOf(204)] ?? Buffer.alloc(0));
  assert.deepEqual(await dataFilesOf(service.folder, id), [id]);
});

test('an upload goes on while a second one is refused', async () => {
  const id = await createImage(service);
  const data = seededBytes('slow', 1_000_000);
  const upload = await beginUpload(service, id);
  upload.write(data.subarray(0, 10));
  await untilSaving(service, id);

  const second = await uploadImage(service, id, Buffer.from('quick'));
  upload.end(data.subarray(10));
  const first = await replyTo(upload);

  assert.equal(second.status, 409);
  assert.equal(first.status, 204);
  await checkWhole(service, id, data);
});

test('an upload of an image that is deleted meanwhile ends with 410 and leaves nothing', async () => {
  const id = await createImage(service);
  const upload = await beginUpload(service, id);
  await writeAll(upload, seededBytes('deleted', 3_000_000));
  await untilSaving(service, id);

  await deleteImage(service, id);
  upload.end();
  const reply = await replyTo(upload);

  assert.equal(reply.status, 410);
  await until('nothing is left', async () => {
    return (await dataFilesOf(service.folder, id)).length === 0;
  });
});

for (const announced of ['999999', '1000001', '0', '99999999999999999999', '1e3', '-1']) {
  test(`refuses 1000000 bytes that are announced as ${announced}`, async () => {
    const id = await createImage(service);
    const headers = { 'x-openstack-image-size': announced, 'transfer-encoding': 'chunked' };
    const upload = await beginUpload(service, id, headers);

    upload.end(seededBytes('announced', 1_000_000));
    const reply = await replyTo(upload);

    assert.equal(reply.status, 400, String(reply.body));
    await checkNothingLeft(id);
  });
}

test('takes data of the size that is announced', async () => {
  const id = await createImage(service);
  const data = seededBytes('announced', 1_000_000);
  const upload = await beginUpload(service, id, { 'x-openstack-image-size': '1000000' });

  upload.end(data);
  const reply = await replyTo(upload);

  assert.equal(reply.status, 204);
  await checkWhole(service, id, data);
});

test('stops data in chunks that passes the largest size', async () => {
  const id = await createImage(service);
  const upload = await beginUpload(service, id);
  const answered = replyTo(upload);

  await writeAll(upload, seededBytes('large', sizeCap + 1));
  const reply = await answered;

  assert.equal(reply.status, 413);
  upload.destroy();
  await checkNothingLeft(id);
});

test('takes nothing that would fill the disk', async () => {
  const environment = { VITRINE_MIN_FREE_BYTES: String(Number.MAX_SAFE_INTEGER) };
  await using full = await runService({ environment });
  const id = await createImage(full);

  const reply = await uploadImage(full, id, seededBytes('much', 1_000_000));

  assert.equal(reply.status, 413);
  await checkQueued(full, id);
  assert.deepEqual(await dataFilesOf(full.folder, id), []);
});
