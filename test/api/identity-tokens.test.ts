import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { loginBody, projectScope, startIdentity, type TestIdentity } from '../support/identity.ts';

const login = { method: 'POST', path: '/v3/auth/tokens' } as const;

async function logIn(service: TestIdentity, user: string, scope?: unknown) {
  return await service.call({
    ...login,
    body: loginBody(user, await service.password(user), scope),
  });
}

test('a password opens a token for a project, with implied roles and the catalog', async () => {
  await using service = await startIdentity();

  const answer = await logIn(service, 'producer', projectScope('producer'));

  assert.equal(answer.status, 201);
  assert.equal(answer.headers['vary'], 'X-Auth-Token');
  const { token } = answer.json;
  assert.deepEqual(token.methods, ['password']);
  assert.deepEqual(token.user.domain, { id: 'default', name: 'Default' });
  assert.match(token.user.id, /^[0-9a-f]{32}$/);
  assert.equal(token.user.password_expires_at, null);
  assert.equal(token.project.name, 'producer');
  assert.equal(token.is_domain, false);
  assert.equal(token.audit_ids.length, 1);
  assert.equal(token.issued_at, '2026-01-02T03:04:05.000000Z');
  assert.equal(token.expires_at, '2026-01-02T04:04:05.000000Z');
  const roles = token.roles.map((role: { name: string }) => role.name);
  assert.deepEqual(roles, ['member', 'reader']);
  const urls = token.catalog.map((entry: { type: string; endpoints: { url: string }[] }) => [
    entry.type,
    ...entry.endpoints.map((endpoint) => endpoint.url),
  ]);
  assert.deepEqual(urls, [
    ['identity', ...Array(3).fill('http://localhost:80/identity/v3')],
    ['image', ...Array(3).fill('http://localhost:80')],
  ]);
  const [endpoint] = token.catalog[0].endpoints;
  assert.equal(endpoint.region, 'RegionOne');
  assert.equal(endpoint.region_id, 'RegionOne');
});

test('the catalog names the region that the operator sets, to whoever asks for it', async () => {
  await using service = await startIdentity({ region: 'north' });
  const { headers, json } = await logIn(service, 'producer');
  const token = String(headers['x-subject-token']);

  const asked = await service.call({ path: '/v3/auth/catalog', token });

  for (const catalog of [json.token.catalog, asked.json.catalog]) {
    const regions = catalog.flatMap(
      ({ endpoints }: { endpoints: { region: string; region_id: string }[] }) =>
        endpoints.flatMap((endpoint) => [endpoint.region, endpoint.region_id]),
    );
    assert.deepEqual(regions, Array(12).fill('north'));
  }
});

test('a token makes the caller known to the rest of the service', async () => {
  await using service = await startIdentity();
  const answer = await logIn(service, 'admin');
  const token = String(answer.headers['x-subject-token']);

  const first = await service.identity.tokens.authenticate(token);
  const second = service.identity.tokens.authenticate(token);

  assert.deepEqual(second, first);
  assert.ok(!(second instanceof Promise), 'a known token is answered without waiting');
  assert.deepEqual([...first.roles].toSorted(), ['admin', 'member', 'reader']);
  assert.equal(first.projectId, answer.json.token.project.id);
  assert.equal(first.projectDomainId, 'default');
  assert.equal(first.scope, 'project');
});

test('nocatalog leaves the catalog out', async () => {
  await using service = await startIdentity();
  const body = loginBody('producer', await service.password('producer'));

  const answer = await service.call({ ...login, path: '/v3/auth/tokens?nocatalog', body });

  assert.equal(answer.status, 201);
  assert.equal(answer.json.token.catalog, undefined);
  assert.equal(answer.json.token.roles.length, 2);
});

test('without a scope the token is for the default project', async () => {
  await using service = await startIdentity();

  const answer = await logIn(service, 'consumer');

  assert.equal(answer.json.token.project.name, 'consumer');
});

for (const scope of ['unscoped', { unscoped: {} }]) {
  test(`${JSON.stringify(scope)} is a token without project, roles and catalog`, async () => {
    await using service = await startIdentity();

    const { json } = await logIn(service, 'consumer', scope);

    const { project, roles, catalog } = json.token;
    assert.deepEqual([project, roles, catalog], [undefined, undefined, undefined]);
  });
}

test('the admin may act on the whole system, the producer may not', async () => {
  await using service = await startIdentity();

  const admin = await logIn(service, 'admin', { system: { all: true } });
  const producer = await logIn(service, 'producer', { system: { all: true } });

  assert.deepEqual(admin.json.token.system, { all: true });
  assert.equal(admin.json.token.project, undefined);
  assert.equal(producer.status, 401);
});

test('an unknown project and a project without a role are refused alike', async () => {
  await using service = await startIdentity();

  const foreign = await logIn(service, 'producer', projectScope('consumer'));
  const unknown = await logIn(service, 'producer', projectScope('nowhere'));

  assert.equal(foreign.status, 401);
  assert.deepEqual(foreign.json, unknown.json);
  assert.equal(foreign.json.error.title, 'Unauthorized');
  assert.equal(foreign.json.error.code, 401);
  assert.match(
    String(foreign.headers['www-authenticate']),
    /^Keystone uri="http.*\/identity\/v3"$/,
  );
});

test('a wrong password and an unknown user are refused alike, and no error repeats a secret', async () => {
  await using service = await startIdentity();

  const wrong = await service.call({ ...login, body: loginBody('admin', 'open sesame') });
  const unknown = await service.call({ ...login, body: loginBody('nobody', 'open sesame') });

  assert.equal(wrong.status, 401);
  assert.deepEqual(wrong.json, unknown.json);
  assert.doesNotMatch(wrong.text, /sesame/);
});

test('a token can be exchanged for one of another scope, which lives no longer', async () => {
  await using service = await startIdentity();
  const first = await logIn(service, 'admin');
  service.pass(600_000);
  const identity = {
    methods: ['token'],
    token: { id: String(first.headers['x-subject-token']) },
  };

  const second = await service.call({
    ...login,
    body: { auth: { identity, scope: { system: { all: true } } } },
  });

  assert.equal(second.status, 201);
  assert.equal(second.json.token.expires_at, first.json.token.expires_at);
  assert.notEqual(second.json.token.issued_at, first.json.token.issued_at);
  assert.deepEqual(second.json.token.methods, ['password', 'token']);
  assert.equal(second.json.token.audit_ids[1], first.json.token.audit_ids[0]);
});

test('GET and HEAD tell what a token means', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  const about = { path: '/v3/auth/tokens', token, subject: token };

  const get = await service.call(about);
  const head = await service.call({ ...about, method: 'HEAD' });
  const bare = await service.call({ ...about, path: '/v3/auth/tokens?nocatalog' });

  assert.equal(get.status, 200);
  assert.equal(get.json.token.user.name, 'producer');
  assert.equal(get.headers['x-subject-token'], token);
  assert.equal(get.json.token.catalog.length, 2);
  assert.equal(head.status, 200);
  assert.equal(head.text, '');
  assert.equal(bare.json.token.catalog, undefined);
});

test('a bad caller is 401, a bad subject 404', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');
  const path = '/v3/auth/tokens';

  const badCaller = await service.call({ path, token: 'rubbish', subject: token });
  const badSubject = await service.call({ path, token, subject: 'rubbish' });
  const nobody = await service.call({ path, subject: token });

  assert.equal(badCaller.status, 401);
  assert.equal(badSubject.status, 404);
  assert.equal(nobody.status, 401);
});

test('an admin may look at the token of anyone, others at their own alone', async () => {
  await using service = await startIdentity();
  const [admin, producer] = [await service.token('admin'), await service.token('producer')];
  const path = '/v3/auth/tokens';

  const byAdmin = await service.call({ path, token: admin, subject: producer });
  const byProducer = await service.call({ path, token: producer, subject: admin });
  const revoked = await service.call({ method: 'DELETE', path, token: producer, subject: admin });

  assert.equal(byAdmin.status, 200);
  assert.equal(byProducer.status, 403);
  assert.equal(revoked.status, 403);
});

test('a revoked token stops working at once', async () => {
  await using service = await startIdentity();
  const [admin, producer] = [await service.token('admin'), await service.token('producer')];
  await service.identity.tokens.authenticate(producer);
  const about = { path: '/v3/auth/tokens', token: producer, subject: producer };

  const revoked = await service.call({ ...about, method: 'DELETE' });

  assert.equal(revoked.status, 204);
  await assert.rejects(async () => await service.identity.tokens.authenticate(producer), {
    code: 'NotAuthenticated',
  });
  assert.equal((await service.call(about)).status, 401);
  assert.equal((await service.call({ ...about, token: admin })).status, 404);
});

test('a token expires, and only allow_expired still tells what it meant', async () => {
  await using service = await startIdentity({ tokenLifetime: 60_000 });
  const old = await service.token('producer');
  await service.identity.tokens.authenticate(old);
  const path = '/v3/auth/tokens';

  service.pass(60_000);

  await assert.rejects(async () => await service.identity.tokens.authenticate(old), {
    code: 'NotAuthenticated',
  });
  const token = await service.token('admin');
  assert.equal((await service.call({ path, token, subject: old })).status, 404);
  const allowed = await service.call({ path: `${path}?allow_expired=1`, token, subject: old });
  assert.equal(allowed.status, 200);
  service.pass(3 * 24 * 3_600_000);
  const late = await service.token('admin');
  const spent = await service.call({ path: `${path}?allow_expired=1`, token: late, subject: old });
  assert.equal(spent.status, 404);
});

test('a service finishes the work of a user whose token has expired, and nobody else does', async () => {
  await using service = await startIdentity({ tokenLifetime: 60_000 });
  const { tokens } = service.identity;
  const old = await service.token('producer');
  service.pass(60_000);
  const admin = await service.token('admin');
  const { userId, projectId } = await tokens.authenticate(await service.token('consumer'));
  const roles = await service.call({ path: '/v3/roles?name=service', token: admin });
  const path = `/v3/projects/${projectId}/users/${userId}/roles/${roles.json.roles[0].id}`;
  await service.call({ method: 'PUT', path, token: admin });

  const caller = await tokens.authenticate(old, await service.token('consumer'));

  assert.equal(
    caller.projectId,
    (await tokens.authenticate(await service.token('producer'))).projectId,
  );
  for (const other of [admin, 'rubbish']) {
    await assert.rejects(async () => await tokens.authenticate(old, other), {
      code: 'NotAuthenticated',
    });
  }
});

test('tokens of another key, without a signature, altered or overlong are refused', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  const [head = '', body = '', signature = ''] = token.split('.');
  const header = JSON.parse(Buffer.from(head, 'base64url').toString());
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
  const forged = await new SignJWT(claims).setProtectedHeader(header).sign(Buffer.alloc(32, 7));
  const none = Buffer.from(JSON.stringify({ ...header, alg: 'none' })).toString('base64url');
  const admin = await service.identity.tokens.authorize(await service.token('admin'));
  const altered = Buffer.from(JSON.stringify({ ...claims, sub: admin.user.id })).toString(
    'base64url',
  );
  const bad = [
    forged,
    `${none}.${body}.`,
    `${head}.${altered}.${signature}`,
    `${token}x`,
    'x'.repeat(100_000),
    '..',
    'null',
  ];

  for (const one of bad) {
    await assert.rejects(async () => await service.identity.tokens.authenticate(one), {
      code: 'NotAuthenticated',
    });
  }
});
