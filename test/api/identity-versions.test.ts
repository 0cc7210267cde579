import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startIdentity } from '../support/identity.ts';

for (const path of ['', '/']) {
  test(`GET /identity${path} offers the versions to everyone`, async () => {
    await using service = await startIdentity();

    const answer = await service.call({ path });

    assert.equal(answer.status, 300);
    const [version] = answer.json.versions.values;
    assert.equal(version.id, 'v3.14');
    assert.equal(version.status, 'stable');
    assert.deepEqual(version.links, [{ rel: 'self', href: 'http://localhost:80/identity/v3/' }]);
    assert.equal(version['media-types'].length, 1);
  });
}

for (const path of ['/v3', '/v3/']) {
  test(`GET /identity${path} describes the version to everyone`, async () => {
    await using service = await startIdentity();

    const answer = await service.call({ path });

    assert.equal(answer.status, 200);
    assert.equal(answer.json.version.id, 'v3.14');
  });
}

test('links follow the public endpoint when there is one', async () => {
  await using service = await startIdentity({ publicEndpoint: 'https://images.example.org/' });
  const token = await service.token('producer');

  const versions = await service.call({ path: '/' });
  const catalog = await service.call({ path: '/v3/auth/catalog', token });

  const [version] = versions.json.versions.values;
  assert.equal(version.links[0].href, 'https://images.example.org/identity/v3/');
  const urls = catalog.json.catalog.map(
    (entry: { endpoints: { url: string }[] }) => entry.endpoints[0]?.url,
  );
  assert.deepEqual(urls, ['https://images.example.org/identity/v3', 'https://images.example.org']);
});

test('what is not there is 404, what does not answer a method is 405, both as Keystone says it', async () => {
  await using service = await startIdentity();

  const unknown = await service.call({ path: '/v3/groups' });
  const method = await service.call({ method: 'PATCH', path: '/v3/auth/tokens' });
  const nested = await service.call({ method: 'POST', path: '/v3/projects/some-id' });

  assert.equal(unknown.status, 404);
  assert.equal(unknown.json.error.title, 'Not Found');
  assert.equal(method.status, 405);
  assert.equal(method.headers['allow'], 'DELETE, GET, HEAD, POST');
  assert.equal(nested.headers['allow'], 'DELETE, GET, PATCH');
});

test('a body that is not JSON, too large or of another shape is told what was wanted', async () => {
  await using service = await startIdentity();
  const post = { method: 'POST', path: '/v3/auth/tokens' } as const;

  const text = await service.call({ ...post, body: '{"auth":' });
  const large = await service.call({ ...post, body: `"${'x'.repeat(70_000)}"` });
  const empty = await service.call(post);
  const field = await service.call({
    ...post,
    body: { auth: { identity: { methods: ['password'], password: { user: { password: 7 } } } } },
  });
  const method = await service.call({ ...post, body: { auth: { identity: { methods: ['x'] } } } });

  assert.equal(text.status, 400);
  assert.match(text.json.error.message, /not JSON/);
  assert.equal(large.status, 413);
  assert.equal(empty.status, 400);
  assert.equal(field.status, 400);
  assert.match(field.json.error.message, /auth\.identity\.password\.user\.password must be string/);
  assert.match(method.json.error.message, /auth\.identity\.methods must name/);
});

test('a bodyless call may name any content type', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');

  const response = await service.app.inject({
    url: '/identity/v3/projects',
    headers: { 'x-auth-token': token, 'content-type': 'application/octet-stream' },
  });

  assert.equal(response.statusCode, 200);
});
