import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startIdentity, type TestIdentity } from '../support/identity.ts';

async function create(service: TestIdentity, token: string, fields: Record<string, unknown>) {
  const { user } = await service.identity.tokens.authorize(token);
  const path = `/v3/users/${user.id}/application_credentials`;
  const body = { application_credential: { name: 'ci', ...fields } };
  const answer = await service.call({ method: 'POST', path, token, body });
  return { ...answer, path, made: answer.json.application_credential };
}

async function logIn(service: TestIdentity, credential: Record<string, unknown>, scope?: unknown) {
  const identity = { methods: ['application_credential'], application_credential: credential };
  const body = { auth: { identity, ...(scope !== undefined && { scope }) } };
  return await service.call({ method: 'POST', path: '/v3/auth/tokens', body });
}

test('an application credential logs in to its project with the roles that it was given', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');

  const { status, made } = await create(service, token, { roles: [{ name: 'reader' }] });
  const byId = await logIn(service, { id: made.id, secret: made.secret });
  const byName = await logIn(service, {
    name: 'ci',
    user: { name: 'producer', domain: { id: 'default' } },
    secret: made.secret,
  });

  assert.equal(status, 201);
  assert.equal(byId.status, 201);
  const { methods, project, roles, application_credential } = byId.json.token;
  assert.deepEqual(methods, ['application_credential']);
  assert.equal(project.name, 'producer');
  assert.deepEqual(
    roles.map((role: { name: string }) => role.name),
    ['reader'],
  );
  assert.deepEqual(application_credential, { id: made.id, name: 'ci', restricted: true });
  assert.equal(byName.status, 201);
});

test('the secret is shown once, may be chosen, and a wrong one is refused', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');

  const { made, path } = await create(service, token, { secret: 'chosen' });
  const list = await service.call({ path, token });
  const one = await service.call({ path: `${path}/${made.id}`, token });
  const wrong = await logIn(service, { id: made.id, secret: 'guess' });
  const unknown = await logIn(service, { id: 'f'.repeat(32), secret: 'guess' });

  assert.equal(made.secret, 'chosen');
  assert.equal(list.json.application_credentials.length, 1);
  assert.doesNotMatch(list.text + one.text, /secret|chosen/);
  assert.equal(wrong.status, 401);
  assert.deepEqual(unknown.json, wrong.json);
});

test('names are unique, expiry lies ahead, and roles are those of the token', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  await create(service, token, {});

  const twice = await create(service, token, {});
  const past = await create(service, token, { name: 'b', expires_at: '2020-01-01T00:00:00' });
  const noTime = await create(service, token, { name: 'c', expires_at: 'tomorrow' });
  const role = await create(service, token, { name: 'd', roles: [{ name: 'admin' }] });

  const statuses = [twice, past, noTime, role].map((answer) => answer.status);
  assert.deepEqual(statuses, [409, 400, 400, 400]);
});

test('a token lives no longer than its application credential', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  const { made } = await create(service, token, { expires_at: '2026-01-02T03:14:05' });

  const login = await logIn(service, { id: made.id, secret: made.secret });
  service.pass(600_000);
  const late = await logIn(service, { id: made.id, secret: made.secret });

  assert.equal(login.json.token.expires_at, '2026-01-02T03:14:05.000000Z');
  assert.equal(late.status, 401);
});

test('a removed application credential stops its tokens at once', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  const { made, path } = await create(service, token, {});
  const login = await logIn(service, { id: made.id, secret: made.secret });
  const own = String(login.headers['x-subject-token']);
  await service.identity.tokens.authenticate(own);

  const removed = await service.call({ method: 'DELETE', path: `${path}/${made.id}`, token });

  assert.equal(removed.status, 204);
  await assert.rejects(async () => await service.identity.tokens.authenticate(own), {
    code: 'NotAuthenticated',
  });
});

test('a restricted credential makes no others and leaves its project for no scope', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');
  const { made } = await create(service, token, {});
  const secret = { id: made.id, secret: made.secret };
  const login = await logIn(service, secret);
  const own = String(login.headers['x-subject-token']);
  const system = { system: { all: true } };

  const second = await create(service, own, { name: 'second' });
  const scoped = await logIn(service, secret, system);
  const identity = { methods: ['token'], token: { id: own } };
  const rescoped = await service.call({
    method: 'POST',
    path: '/v3/auth/tokens',
    body: { auth: { identity, scope: system } },
  });

  assert.deepEqual([second.status, scoped.status, rescoped.status], [403, 401, 401]);
});

test('an unrestricted credential may make others', async () => {
  await using service = await startIdentity();
  const { made } = await create(service, await service.token('producer'), { unrestricted: true });
  const login = await logIn(service, { id: made.id, secret: made.secret });

  const second = await create(service, String(login.headers['x-subject-token']), { name: 'b' });

  assert.equal(second.status, 201);
});

test('nobody makes credentials for another, and only an admin sees them', async () => {
  await using service = await startIdentity();
  const [admin, consumer] = [await service.token('admin'), await service.token('consumer')];
  const { path, made } = await create(service, await service.token('producer'), {});
  const body = { application_credential: { name: 'mine' } };

  const byAdmin = await service.call({ method: 'POST', path, token: admin, body });
  const seen = await service.call({ path, token: admin });
  const foreign = await service.call({ path: `${path}/${made.id}`, token: consumer });

  assert.equal(byAdmin.status, 403);
  assert.equal(seen.json.application_credentials.length, 1);
  assert.equal(foreign.status, 403);
});
