import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createImage } from '../../support/images.ts';
import { startPair } from '../../support/postgres/services.ts';
import { rawConnection } from '../../support/raw-connection.ts';
import { creationHeaders, pathOf, tus } from '../../support/resumable-uploads.ts';
import type { TestService } from '../../support/service.ts';
import { seededBytes } from '../../support/slow-data.ts';

const data = seededBytes('anywhere', 700_001);

async function begin(service: TestService): Promise<{ id: string; path: string }> {
  const { id } = await createImage(service);
  const answer = await service.call(
    'producer',
    'POST',
    '/vitrine/v1/uploads',
    undefined,
    creationHeaders(id, data.length),
  );
  assert.equal(answer.status, 201, answer.text);
  return { id, path: pathOf(answer) };
}

function append(service: TestService, path: string, from: number, to: number) {
  return service.call('producer', 'PATCH', path, data.subarray(from, to), {
    ...tus,
    'content-type': 'application/offset+octet-stream',
    'upload-offset': String(from),
  });
}

test('an upload goes on at whichever process is asked, and at one at a time', async () => {
  await using pair = await startPair();
  const [first, second] = pair.services;
  const { id, path } = await begin(first);

  const one = await append(first, path, 0, 300_000);
  const two = await append(second, path, 300_000, 400_000);
  {
    await using slow = await rawConnection(first.port);
    slow.write(
      `PATCH ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${first.tokens.producer}\r\n` +
        'Tus-Resumable: 1.0.0\r\nUpload-Offset: 400000\r\nExpect: 100-continue\r\n' +
        'Content-Type: application/offset+octet-stream\r\nContent-Length: 100000\r\n\r\n',
    );
    await slow.until(/100 Continue/);
    const busy = await append(second, path, 400_000, 500_000);
    assert.equal(busy.status, 423, busy.text);
    assert.equal(busy.headers['retry-after'], '30');
    assert.match(busy.text, /Another process is at this upload/);
    slow.write(data.subarray(400_000, 500_000));
    assert.match(await slow.until(/\r\n\r\n.*\r\n\r\n/s), /204 No Content/);
  }
  const head = await second.call('producer', 'HEAD', path, undefined, tus);
  const last = await append(second, path, 500_000, data.length);

  assert.deepEqual([one.status, two.status, last.status], [204, 204, 204], last.text);
  assert.equal(head.headers['upload-offset'], '500000');
  const image = (await first.call('producer', 'GET', `/v2/images/${id}`)).json;
  assert.equal(image.status, 'active');
  assert.equal(image.os_hash_value, createHash('sha512').update(data).digest('hex'));
  const got = await second.call('producer', 'GET', `/v2/images/${id}/file`);
  assert(got.bytes.equals(data));
});
