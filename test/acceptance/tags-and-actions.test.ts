import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cloudAuth, type Login, logIn } from '../support/clouds.ts';
import { startServer } from '../support/running-server.ts';

const server = await startServer();
after(() => server[Symbol.asyncDispose]());
const clouds = join(server.dataDirectory, 'clouds.yaml');
const producer = await logIn(await cloudAuth(clouds, 'vitrine-producer'));
const consumer = await logIn(await cloudAuth(clouds, 'vitrine-consumer'));

function ask(login: Login, method: string, path: string, body?: string): Promise<Response> {
  const headers = {
    'X-Auth-Token': login.token,
    'Content-Type': 'application/octet-stream',
    Accept: 'application/json',
  };
  return fetch(`${server.url}/v2${path}`, { method, headers, ...(body !== undefined && { body }) });
}

async function status(login: Login, method: string, path: string, body?: string): Promise<number> {
  const response = await ask(login, method, path, body);
  await response.arrayBuffer();
  return response.status;
}

async function show(imageId: string) {
  return (await (await ask(producer, 'GET', `/images/${imageId}`)).json()) as {
    tags: string[];
    status: string;
  };
}

/** An image with the tag `first` and five bytes of data, shared with the consumer. */
async function sharedImage(): Promise<string> {
  const draft = { disk_format: 'raw', container_format: 'bare', tags: ['first'] };
  const created = await ask(producer, 'POST', '/images', JSON.stringify(draft));
  const { id } = (await created.json()) as { id: string };
  assert.equal(await status(producer, 'PUT', `/images/${id}/file`, 'hello'), 204);
  const member = JSON.stringify({ member: consumer.projectId });
  assert.equal(await status(producer, 'POST', `/images/${id}/members`, member), 200);
  return id;
}

test('a tag is added once however often it is put, and removed once', async () => {
  const id = await sharedImage();
  const path = `/images/${id}/tags/${encodeURIComponent('grün & blau')}`;

  const added = [await status(producer, 'PUT', path), await status(producer, 'PUT', path)];
  const between = await show(id);
  const removed = [await status(producer, 'DELETE', path), await status(producer, 'DELETE', path)];

  assert.deepEqual(added, [204, 204]);
  assert.deepEqual(between.tags, ['first', 'grün & blau']);
  assert.deepEqual(removed, [204, 404]);
  assert.deepEqual((await show(id)).tags, ['first']);
});

test('tags that are no tags are refused before the image is looked for', async () => {
  const tags = { long: 't'.repeat(256), astral: encodeURIComponent('\u{1F600}') };

  assert.equal(await status(producer, 'PUT', `/images/none/tags/${tags.long}`), 400);
  assert.equal(await status(producer, 'PUT', `/images/none/tags/${tags.astral}`), 400);
  assert.equal(await status(producer, 'PUT', '/images/none/tags/a'), 404);
  assert.equal(await status(producer, 'PUT', '/images/none/tags/a', 'body'), 400);
});

test('the 129th tag is too much', async () => {
  const id = await sharedImage();
  for (let n = 2; n <= 128; n += 1) {
    assert.equal(await status(producer, 'PUT', `/images/${id}/tags/${n}`), 204);
  }

  assert.equal(await status(producer, 'PUT', `/images/${id}/tags/129`), 413);
  assert.equal(await status(producer, 'PUT', `/images/${id}/tags/128`), 204);
});

test('a consumer neither tags the image nor switches it, and is not told of its tags', async () => {
  const id = await sharedImage();
  const before = await show(id);

  const answers = [
    await status(consumer, 'PUT', `/images/${id}/tags/mine`),
    await status(consumer, 'DELETE', `/images/${id}/tags/first`),
    await status(consumer, 'DELETE', `/images/${id}/tags/absent`),
    await status(consumer, 'POST', `/images/${id}/actions/deactivate`),
  ];

  assert.deepEqual(answers, [403, 403, 403, 403]);
  assert.deepEqual(await show(id), before);
});

test('a deactivated image gives its data to nobody until it is reactivated', async () => {
  const id = await sharedImage();
  const file = `/images/${id}/file`;

  const off = await status(producer, 'POST', `/images/${id}/actions/deactivate`);
  const again = await status(producer, 'POST', `/images/${id}/actions/deactivate`);
  const between = [await status(producer, 'GET', file), await status(consumer, 'GET', file)];
  const shown = await show(id);
  const on = await status(producer, 'POST', `/images/${id}/actions/reactivate`);

  assert.deepEqual([off, again, on], [204, 204, 204]);
  assert.deepEqual(between, [403, 403]);
  assert.equal(shown.status, 'deactivated');
  assert.equal(await (await ask(consumer, 'GET', file)).text(), 'hello');
});

test('an image without data cannot be switched, and an action has no other method', async () => {
  const created = await ask(producer, 'POST', '/images', '{}');
  const { id } = (await created.json()) as { id: string };

  const queued = await status(producer, 'POST', `/images/${id}/actions/deactivate`);
  const other = await ask(producer, 'GET', `/images/${id}/actions/deactivate`);

  assert.equal(queued, 403);
  assert.equal(other.status, 405);
  assert.equal(other.headers.get('allow'), 'POST');
});
