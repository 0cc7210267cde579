import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import type { CallerName } from '../support/callers.ts';
import { hashOf, someBytes } from '../support/data.ts';
import {
  countByStatus,
  createActiveImage,
  createImage,
  dataType,
  patch,
  share,
} from '../support/images.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { type Headers, sharedService } from '../support/service.ts';

const service = await sharedService({ config: { imageSizeCap: 1_000_000 } });

function fileOf(imageId: string): string {
  return `/v2/images/${imageId}/file`;
}

function upload(
  imageId: string,
  data: Uint8Array | string,
  { caller = 'producer', ...headers }: { readonly caller?: CallerName } & Headers = {},
) {
  return service.call(caller as CallerName, 'PUT', fileOf(imageId), Buffer.from(data), {
    ...dataType,
    ...headers,
  });
}

async function show(imageId: string) {
  return (await service.call('admin', 'GET', `/v2/images/${imageId}`)).json;
}

describe('an upload', () => {
  test('makes the image active, with its size and hashes', async () => {
    const { id } = await createImage(service);
    const data = someBytes(300_000);

    const answer = await upload(id, data);
    const image = await show(id);
    const back = await service.call('producer', 'GET', fileOf(id));

    assert.deepEqual([answer.status, answer.text], [204, '']);
    assert.equal(image.status, 'active');
    assert.equal(image.size, data.length);
    assert.equal(image.checksum, hashOf('md5', data));
    assert.equal(image.os_hash_algo, 'sha512');
    assert.equal(image.os_hash_value, hashOf('sha512', data));
    assert.equal(back.status, 200);
    assert.equal(back.headers['content-type'], 'application/octet-stream');
    assert.equal(back.headers['content-length'], String(data.length));
    assert.equal(back.headers['content-md5'], image.checksum);
    assert.match(String(back.headers['x-openstack-request-id']), /^req-/);
    assert.ok(back.bytes.equals(data));
  });

  test('of nothing makes an active image of no bytes', async () => {
    const { id } = await createImage(service);

    await upload(id, '');
    const image = await show(id);
    const back = await service.call('producer', 'GET', fileOf(id));

    assert.deepEqual([image.status, image.size], ['active', 0]);
    assert.equal(image.checksum, 'd41d8cd98f00b204e9800998ecf8427e');
    assert.deepEqual([back.status, back.headers['content-length'], back.text], [200, '0', '']);
  });

  test('may come in chunks of unknown number', async () => {
    const { id } = await createImage(service);
    await using connection = await rawConnection(service.port);

    connection.write(`PUT ${fileOf(id)} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n`);
    connection.write(`X-Auth-Token: ${service.tokens.producer}\r\n`);
    connection.write(
      'Content-Type: application/octet-stream\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    );
    const answer = await connection.until(/\r\n\r\n/);

    assert.match(answer, /^HTTP\/1.1 204 /);
    assert.equal((await show(id)).checksum, hashOf('md5', Buffer.from('abcde')));
  });

  const types: Readonly<Record<string, number>> = {
    'application/octet-stream': 204,
    'application/octet-stream; charset=x': 204,
    'text/plain': 415,
    'application/json': 415,
    nonsense: 415,
  };
  for (const [type, status] of Object.entries(types)) {
    test(`of type ${type} is ${status}`, async () => {
      const { id } = await createImage(service);

      assert.equal((await upload(id, 'x', { 'content-type': type })).status, status);
      assert.equal((await show(id)).status, status === 204 ? 'active' : 'queued');
    });
  }

  test('without a type is 415, before the image is looked up', async () => {
    const answer = await service.call('producer', 'PUT', fileOf('no-image'), 'x');

    assert.equal(answer.status, 415);
  });

  const sizes: readonly (readonly [announced: string, status: number])[] = [
    ['3', 204],
    ['2', 400],
    ['9', 400],
    ['abc', 400],
    ['-1', 400],
    ['', 400],
    ['1.5', 400],
    ['1000001', 413],
  ];
  for (const [announced, status] of sizes) {
    test(`of 3 bytes announced as "${announced}" is ${status}`, async () => {
      const { id } = await createImage(service);

      const answer = await upload(id, 'abc', { 'x-openstack-image-size': announced });
      const image = await show(id);

      assert.equal(answer.status, status, answer.text);
      assert.equal(image.status, status === 204 ? 'active' : 'queued');
      assert.equal(image.size, status === 204 ? 3 : null);
    });
  }

  test('larger than allowed is refused by its length, and when it comes unannounced', async () => {
    const { id } = await createImage(service);
    const big = someBytes(1_000_001);

    const announced = await upload(id, big);
    const chunked = await upload(id, big, { 'transfer-encoding': 'chunked' });
    const fitting = await upload(id, big.subarray(1));

    assert.deepEqual([announced.status, chunked.status, fitting.status], [413, 413, 204]);
  });

  for (const format of ['disk_format', 'container_format']) {
    test(`waits for a ${format}`, async () => {
      const { id } = await createImage(service, { [format]: null });

      const early = await upload(id, 'x');
      await patch(service, id, [{ op: 'replace', path: `/${format}`, value: 'ami' }]);
      const late = await upload(id, 'x');

      assert.equal(early.status, 400);
      assert.match(early.text, new RegExp(`${format}: must be set`));
      assert.equal(late.status, 204);
    });
  }

  test('to an image that has data is a conflict, and leaves it as it is', async () => {
    const image = await createActiveImage(service, '12345');

    assert.equal((await upload(image.id, 'other')).status, 409);
    assert.deepEqual(await show(image.id), image);
  });

  test('of 10 at the same time is one', async () => {
    const { id } = await createImage(service);

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => upload(id, String(index))),
    );

    assert.deepEqual(countByStatus(answers), { 204: 1, 409: 9 });
    assert.equal((await show(id)).size, 1);
  });

  test('that is cut off leaves the image as it was', async () => {
    const { id } = await createImage(service);
    {
      await using connection = await rawConnection(service.port);
      connection.write(`PUT ${fileOf(id)} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n`);
      connection.write(`X-Auth-Token: ${service.tokens.producer}\r\n`);
      connection.write('Content-Type: application/octet-stream\r\n\r\nabc');
      await untilStatus(id, 'saving');
    }

    await untilStatus(id, 'queued');

    assert.equal((await upload(id, 'whole')).status, 204);
    assert.equal((await show(id)).size, 5);
  });

  const rights: readonly (readonly [caller: CallerName, status: number])[] = [
    ['producer', 204],
    ['admin', 204],
    ['producer reader', 403],
    ['consumer', 403],
    ['stranger', 404],
    ['unscoped', 404],
    ['system', 403],
    ['nobody', 401],
  ];
  for (const [caller, status] of rights) {
    test(`by ${caller} is ${status}`, async () => {
      const { id } = await createImage(service);
      await share(service, id, 'consumer', 'accepted');

      assert.equal((await upload(id, 'x', { caller })).status, status);
    });
  }

  test('ends with 410 when its image is deleted meanwhile', async () => {
    const { id } = await createImage(service);
    await using connection = await rawConnection(service.port);
    connection.write(`PUT ${fileOf(id)} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n`);
    connection.write(`X-Auth-Token: ${service.tokens.producer}\r\n`);
    connection.write('Content-Type: application/octet-stream\r\n\r\nabc');
    await untilStatus(id, 'saving');

    const deleted = await service.call('producer', 'DELETE', `/v2/images/${id}`);
    connection.write('d');
    const answer = await connection.until(/\r\n\r\n/);

    assert.equal(deleted.status, 204);
    assert.match(answer, /^HTTP\/1.1 410 /);
  });

  test('is read to its end after a refusal, also where the connection is to be closed', async () => {
    const { id } = await createImage(service);
    const size = 1024 * 1024;
    const socket = connect({ port: service.port, host: '127.0.0.1', allowHalfOpen: true });
    const failures: unknown[] = [];
    socket.on('error', (error) => failures.push(error));
    socket.write(`PUT ${fileOf(id)} HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n`);
    socket.write(`X-Auth-Token: ${service.tokens.producer}\r\nConnection: close\r\n`);
    socket.write('Content-Type: text/plain\r\n\r\nabcd');

    const answer = Buffer.concat(
      await Array.fromAsync(socket.iterator({ destroyOnReturn: false })),
    );
    socket.end(Buffer.alloc(size - 4));
    await once(socket, 'close');

    assert.match(String(answer), /^HTTP\/1.1 415 /);
    assert.deepEqual(failures, []);
    assert.equal(socket.bytesWritten > size, true);
  });
});

/** Asks until the image is in that status. */
async function untilStatus(imageId: string, status: string): Promise<void> {
  if ((await show(imageId)).status !== status) await untilStatus(imageId, status);
}

describe('a download', () => {
  test('of an image without data is 204, ranges or not', async () => {
    const { id } = await createImage(service);

    for (const headers of [{}, { range: 'bytes=0-1' }, { range: 'nonsense' }]) {
      const answer = await service.call('producer', 'GET', fileOf(id), undefined, headers);
      assert.deepEqual([answer.status, answer.text], [204, '']);
    }
  });

  type Range = readonly [headers: Headers, status: number, text?: string, range?: string];
  const ranges: readonly Range[] = [
    [{ range: 'bytes=0-1' }, 206, '12', 'bytes 0-1/5'],
    [{ range: 'bytes=1-' }, 206, '2345', 'bytes 1-4/5'],
    [{ range: 'bytes=-2' }, 206, '45', 'bytes 3-4/5'],
    [{ range: 'bytes=0-99' }, 206, '12345', 'bytes 0-4/5'],
    [{ range: 'bytes=-99' }, 206, '12345', 'bytes 0-4/5'],
    [{ range: 'bytes=4-4' }, 206, '5', 'bytes 4-4/5'],
    [{ range: 'bytes=5-' }, 416],
    [{ range: 'bytes=9-10' }, 416],
    [{ range: 'bytes=3-1' }, 416],
    [{ range: 'bytes=a-b' }, 416],
    [{ range: 'bytes=-' }, 416],
    [{ range: 'lines=0-1' }, 416],
    [{ range: 'bytes=0-1,3-4' }, 400],
    [{ 'content-range': 'bytes 0-1/5' }, 206, '12', 'bytes 0-1/5'],
    [{ 'content-range': 'bytes 0-1/*' }, 206, '12', 'bytes 0-1/5'],
    [{ 'content-range': 'bytes 4-9/5' }, 416],
    [{ 'content-range': 'x' }, 416],
  ];
  for (const [headers, status, text, range] of ranges) {
    test(`with ${JSON.stringify(headers)} is ${status}`, async () => {
      const { id, checksum } = await createActiveImage(service, '12345');

      const answer = await service.call('producer', 'GET', fileOf(id), undefined, headers);

      assert.equal(answer.status, status);
      assert.equal(answer.headers['content-range'], range);
      if (text === undefined) return;
      assert.equal(answer.text, text);
      assert.equal(answer.headers['content-md5'], checksum);
    });
  }

  const rights: readonly (readonly [caller: CallerName, status: number])[] = [
    ['producer', 200],
    ['admin', 200],
    ['consumer', 200],
    ['producer reader', 403],
    ['consumer reader', 403],
    ['stranger', 404],
    ['stranger reader', 404],
    ['unscoped', 404],
    ['nobody', 401],
  ];
  for (const [caller, status] of rights) {
    test(`by ${caller} of a shared image is ${status}`, async () => {
      const { id } = await createActiveImage(service);
      await share(service, id, 'consumer', 'rejected');

      assert.equal((await service.call(caller, 'GET', fileOf(id))).status, status);
    });
  }

  for (const visibility of ['public', 'community'] as const) {
    test(`of a ${visibility} image is for everyone with role member`, async () => {
      const { id } = await createActiveImage(service);
      await patch(service, id, [{ op: 'add', path: '/visibility', value: visibility }], 'admin');

      assert.equal((await service.call('stranger', 'GET', fileOf(id))).status, 200);
      assert.equal((await service.call('stranger reader', 'GET', fileOf(id))).status, 403);
    });
  }
});

describe('a delete', () => {
  test('takes the image and its data away, for all', async () => {
    const { id } = await createActiveImage(service);

    const answer = await service.call('producer', 'DELETE', `/v2/images/${id}`);

    assert.deepEqual([answer.status, answer.text], [204, '']);
    for (const caller of ['producer', 'admin'] as const) {
      assert.equal((await service.call(caller, 'GET', `/v2/images/${id}`)).status, 404);
      assert.equal((await service.call(caller, 'GET', fileOf(id))).status, 404);
      assert.equal((await service.call(caller, 'DELETE', `/v2/images/${id}`)).status, 404);
    }
  });

  test('of a protected image is refused, also to an admin, until it is not', async () => {
    const { id } = await createImage(service, { protected: true });
    const path = `/v2/images/${id}`;

    for (const caller of ['producer', 'admin'] as const) {
      const answer = await service.call(caller, 'DELETE', path);
      assert.equal(answer.status, 403);
      assert.match(answer.text, /is protected and cannot be deleted/);
    }
    await patch(service, id, [{ op: 'replace', path: '/protected', value: false }]);
    assert.equal((await service.call('producer', 'DELETE', path)).status, 204);
  });

  for (const [caller, status] of [
    ['producer', 204],
    ['admin', 204],
    ['producer reader', 403],
    ['consumer', 403],
    ['stranger', 404],
    ['nobody', 401],
  ] as const) {
    test(`by ${caller} is ${status}`, async () => {
      const { id } = await createImage(service);
      await share(service, id, 'consumer', 'accepted');

      assert.equal((await service.call(caller, 'DELETE', `/v2/images/${id}`)).status, status);
    });
  }

  test('of 20 at the same time is one', async () => {
    const { id } = await createActiveImage(service);

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => service.call('producer', 'DELETE', `/v2/images/${id}`)),
    );

    assert.deepEqual(countByStatus(answers), { 204: 1, 404: 19 });
  });
});
