import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createActiveImage } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const ofProxy = await sharedService({
  config: { accelRedirect: '/internal/', trustedProxies: ['192.0.2.1', '127.0.0.0/8'] },
});
const ofOthers = await sharedService({
  config: { accelRedirect: '/internal/', trustedProxies: ['192.0.2.1', '2001:db8::/64'] },
});

async function download(service: typeof ofProxy, id: string, given: Record<string, string> = {}) {
  const headers = { 'x-auth-token': service.tokens.producer, ...given };
  const answer = await fetch(`${service.url}/v2/images/${id}/file`, { headers });
  const { status } = answer;
  return { status, path: answer.headers.get('x-accel-redirect'), body: await answer.text() };
}

test('a trusted proxy is told of the file, and sent no data', async () => {
  const { id } = await createActiveImage(ofProxy, 'some data');
  const path = `/internal/${id.slice(0, 2)}/${id}`;

  assert.deepEqual(await download(ofProxy, id), { status: 200, path, body: '' });
  assert.deepEqual(await download(ofProxy, id, { range: 'bytes=1-2' }), {
    status: 200,
    path,
    body: '',
  });
});

test('everybody else gets the data, and no path', async () => {
  const { id } = await createActiveImage(ofOthers, 'some data');

  const answer = await download(ofOthers, id);

  assert.deepEqual(answer, { status: 200, path: null, body: 'some data' });
});

test('a proxy is not asked to send a part by a header that it does not know', async () => {
  const { id } = await createActiveImage(ofProxy, 'some data');

  const answer = await download(ofProxy, id, { 'content-range': 'bytes 5-8/*' });

  assert.deepEqual(answer, { status: 206, path: null, body: 'data' });
});

test('an image without data has no file to tell of', async () => {
  const { status, json } = await ofProxy.call('producer', 'POST', '/v2/images', {});
  assert.equal(status, 201);

  const answer = await download(ofProxy, Object(json).id);

  assert.deepEqual(answer, { status: 204, path: null, body: '' });
});
