import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createImage } from '../support/images.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService({ times: { head: 200, body: 200, interval: 20 } });

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

test('the service goes on after all of them', async () => {
  const answer = await service.call('producer', 'GET', '/v2/images');

  assert.equal(answer.status, 200);
});
