import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createImage, dataType } from '../support/images.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService({ config: { maxUploads: 1 } });

function upload(id: string) {
  return service.call('consumer', 'PUT', `/v2/images/${id}/file`, 'data', dataType);
}

/** Begins an upload of the producer, which waits for its data. */
async function beginUpload(headers = '') {
  const { id } = await createImage(service);
  const connection = await rawConnection(service.port);
  connection.write(
    `PUT /v2/images/${id}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: ${service.tokens.producer}\r\n` +
      `Content-Type: application/octet-stream\r\nContent-Length: 4\r\nExpect: 100-continue\r\n${headers}\r\n`,
  );
  return connection;
}

test('an upload more than the service takes is refused for now, whoever sends it', async () => {
  const { id } = await createImage(service, {}, 'consumer');
  await using running = await beginUpload();
  await running.until(/100 Continue/);

  const refused = await upload(id);
  await using waiting = await beginUpload();
  const told = await waiting.until(/\r\n\r\n/);
  running.write('data');
  await running.until(/204 No Content/);
  const admitted = await upload(id);

  assert.equal(refused.status, 503);
  assert.equal(refused.headers['retry-after'], '10');
  assert.match(refused.text, /The service takes 1 uploads at a time\. Try again in 10 s\./);
  assert.match(told, /^HTTP\/1.1 503 /, 'it is told before it sends its data');
  assert.equal(admitted.status, 204);
});

test('an upload that is cut off makes room for another', async () => {
  const { id } = await createImage(service, {}, 'consumer');
  {
    await using running = await beginUpload();
    await running.until(/100 Continue/);
  }

  let answer = await upload(id);
  // The service learns only a moment later that the sender is gone.
  while (answer.status === 503) answer = await upload(id);

  assert.equal(answer.status, 204);
});
