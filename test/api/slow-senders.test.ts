import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createImage, dataType } from '../support/images.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService({
  times: { head: 200, body: 200, interval: 20 },
  config: { imageSizeCap: 50_000 },
});

function head(method: string, path: string, headers: string): string {
  return `${method} ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${service.tokens.producer}\r\n${headers}\r\n\r\n`;
}

/** Asks until the service has begun to read the upload. */
async function untilSaving(imageId: string): Promise<void> {
  const { json } = await service.call('producer', 'GET', `/v2/images/${imageId}`);
  if (json.status !== 'saving') await untilSaving(imageId);
}

test('a JSON body that dribbles in is cut off', async () => {
  await using connection = await rawConnection(service.port);

  connection.write(`${head('POST', '/v2/images', 'Content-Length: 100')}{`);
  const answer = await connection.closed();

  assert.match(answer, /^HTTP\/1.1 408 /);
  assert.match(answer, /The body did not arrive within 0.2 seconds/);
});

for (const path of ['/identity/v3/auth/tokens', '/versions', '/nowhere']) {
  test(`a body for ${path} that dribbles in without a token is cut off`, async () => {
    await using connection = await rawConnection(service.port);

    const type = 'Content-Type: application/json\r\nContent-Length: 100';
    connection.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${type}\r\n\r\n{`);
    const answer = await connection.closed();

    assert.match(answer, /^HTTP\/1.1 408 /);
    assert.match(answer, /The body did not arrive within 0.2 seconds/);
  });
}

test('a head that dribbles in is cut off', async () => {
  await using connection = await rawConnection(service.port);

  connection.write('GET /v2/images HTTP/1.1\r\nHost: x\r\nX-Dribble: ');
  const answer = await connection.closed();

  assert.match(answer, /^HTTP\/1.1 408 /);
});

test('an upload takes the time that it takes', async () => {
  const image = await createImage(service);
  await using upload = await rawConnection(service.port);
  await using slower = await rawConnection(service.port);

  const type = 'Content-Type: application/octet-stream\r\nContent-Length: 2';
  upload.write(`${head('PUT', `/v2/images/${image.id}/file`, type)}a`);
  await untilSaving(image.id);
  // What begins later and is cut off has taken longer than a JSON body may.
  slower.write(`${head('POST', '/v2/images', 'Content-Length: 100')}{`);
  await slower.closed();
  upload.write('b');
  const answer = await upload.until(/\r\n\r\n/);

  assert.match(answer, /^HTTP\/1.1 204 /);
});

test('a refusal leaves nothing waiting for the rest of the body', async () => {
  const { id } = await createImage(service);
  const waiting = () =>
    process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = waiting();

  const big = await service.call('producer', 'POST', '/v2/images', 'x'.repeat(2_000_000));
  const chunks = { ...dataType, 'transfer-encoding': 'chunked' };
  const data = Buffer.alloc(100_000);
  const cut = await service.call('producer', 'PUT', `/v2/images/${id}/file`, data, chunks);

  assert.deepEqual([big.status, cut.status], [413, 413]);
  assert.ok(waiting() <= before);
});

test('the connection of a refused upload goes on, once its sender is through', async () => {
  const { id } = await createImage(service);
  await using connection = await rawConnection(service.port);
  const type = 'Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked';
  const chunk = `186a0\r\n${'x'.repeat(100_000)}\r\n`;

  connection.write(`${head('PUT', `/v2/images/${id}/file`, type)}${chunk}`);
  const refusal = await connection.until(/<\/html>/);
  connection.write(`${chunk.repeat(20)}0\r\n\r\n`);
  connection.write('GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n');
  const both = await connection.until(/OK$/);

  assert.match(refusal, /^HTTP\/1.1 413 /);
  assert.match(both, /HTTP\/1.1 200 OK.*OK$/s);
});

test('the service goes on after all of them', async () => {
  const answer = await service.call('producer', 'GET', '/v2/images');

  assert.equal(answer.status, 200);
});
