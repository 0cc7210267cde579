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

const listImages = { service: 'image', method: 'GET', path: '/v2/images' } as const;

/** A token by a new application credential of the producer with these rules. */
async function ruledToken(service: TestIdentity, access_rules: readonly unknown[]) {
  const { made } = await create(service, await service.token('producer'), {
    name: crypto.randomUUID(),
    access_rules,
  });
  const login = await logIn(service, { id: made.id, secret: made.secret });
  return { made, login, token: String(login.headers['x-subject-token']) };
}

test('access rules are shown with the credential, its tokens and the user, and keep their ids', async () => {
  await using service = await startIdentity();
  const { made, login } = await ruledToken(service, [listImages]);
  const [rule] = made.access_rules;

  const again = await ruledToken(service, [listImages, { id: rule.id }]);
  const other = await ruledToken(service, [{ ...listImages, method: 'HEAD' }]);
  const token = await service.token('producer');
  const path = `/v3/users/${made.user_id}/access_rules`;
  const list = await service.call({ path, token });
  const one = await service.call({ path: `${path}/${rule.id}`, token });
  const used = await service.call({ method: 'DELETE', path: `${path}/${rule.id}`, token });
  const foreign = await service.call({ path, token: await service.token('consumer') });
  const unknown = await service.call({ path: `${path}/none`, token });

  assert.partialDeepStrictEqual(rule, listImages);
  assert.deepEqual(login.json.token.application_credential.access_rules, [rule]);
  assert.deepEqual(again.made.access_rules, [rule, rule]);
  const ids = list.json.access_rules.map(({ id }: { id: string }) => id).toSorted();
  const wanted: string[] = [rule.id, other.made.access_rules[0].id];
  assert.deepEqual(ids, wanted.toSorted());
  assert.partialDeepStrictEqual(one.json.access_rule, { id: rule.id, ...listImages });
  assert.deepEqual([used.status, foreign.status, unknown.status], [403, 403, 404]);
});

test('access rules that name no request are refused, each with its field', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  const wrong = [
    [],
    null,
    [{ service: 'image', method: 'GET' }],
    [{ ...listImages, method: 'get' }],
    [{ ...listImages, path: 'v2/images' }],
    [{ ...listImages, other: 1 }],
    [{ ...listImages, path: `/${'x'.repeat(225)}` }],
  ];

  for (const access_rules of wrong) {
    const { status, json } = await create(service, token, { access_rules });
    assert.equal(status, 400, JSON.stringify(access_rules));
    assert.match(json.error.message, /access_rules/);
  }
  assert.equal((await create(service, token, { access_rules: [{ id: 'none' }] })).status, 404);
});

test('the identity service itself keeps to access rules, and lets a token ask about itself', async () => {
  await using service = await startIdentity();
  const rule = { service: 'identity', method: 'GET', path: '/v3/projects/*' };
  const { token, login } = await ruledToken(service, [rule]);
  const projectId = login.json.token.project.id;

  const named = await service.call({ path: `/v3/projects/${projectId}?x`, token });
  const other = await service.call({ path: '/v3/projects', token });
  const write = await service.call({ method: 'PATCH', path: `/v3/projects/${projectId}`, token });
  const revoked = await service.call({
    method: 'DELETE',
    path: '/v3/auth/tokens',
    token,
    subject: token,
  });

  assert.deepEqual(
    [named.status, other.status, write.status, revoked.status],
    [200, 401, 401, 204],
  );
  assert.match(other.json.error.message, /no access rule for this request \(identity, GET/);
});

test('a token made from one with access rules has them too', async () => {
  await using service = await startIdentity();
  const { token } = await ruledToken(service, [listImages]);
  const identity = { methods: ['token'], token: { id: token } };

  const { json } = await service.call({
    method: 'POST',
    path: '/v3/auth/tokens',
    body: { auth: { identity } },
  });

  assert.partialDeepStrictEqual(json.token.application_credential.access_rules, [listImages]);
});

test('only a service that says that it knows access rules is told of such a token', async () => {
  await using service = await startIdentity();
  const { token: subject } = await ruledToken(service, [listImages]);
  const ask = (headers: Record<string, string>) =>
    service.app.inject({
      url: '/identity/v3/auth/tokens',
      headers: { 'x-auth-token': admin, 'x-subject-token': subject, ...headers },
    });
  const admin = await service.token('admin');

  const unaware = await ask({});
  const aware = await ask({ 'openstack-identity-access-rules': '1.0' });

  assert.deepEqual([unaware.statusCode, aware.statusCode], [404, 200]);
});

test('a user may have so many application credentials, and another once one is removed', async () => {
  await using service = await startIdentity({ credentialLimit: 2 });
  const token = await service.token('producer');
  const first = await create(service, token, { name: 'a' });
  await create(service, token, { name: 'b' });

  const third = await create(service, token, { name: 'c' });
  const ofAnother = await create(service, await service.token('consumer'), { name: 'c' });
  await service.call({ method: 'DELETE', path: `${first.path}/${first.made.id}`, token });
  const next = await create(service, token, { name: 'c' });

  assert.deepEqual([third.status, ofAnother.status, next.status], [403, 201, 201]);
  assert.match(third.json.error.message, /2 application credentials/);
});

async function roleOf(service: TestIdentity, name: string) {
  const token = await service.token('admin');
  const { json } = await service.call({ path: `/v3/roles?name=${name}`, token });
  return json.roles[0].id as string;
}

// As Keystone 22: a credential keeps what is left of its roles, and stays while its user is disabled.
test('a credential has no role that its user no longer has, and works again when it is given back', async () => {
  await using service = await startIdentity();
  const admin = await service.token('admin');
  const { made } = await create(service, await service.token('producer'), {});
  const secret = { id: made.id, secret: made.secret };
  const grant = async (role: string) =>
    `/v3/projects/${made.project_id}/users/${made.user_id}/roles/${await roleOf(service, role)}`;
  const [member, reader] = [await grant('member'), await grant('reader')];
  const before = await logIn(service, secret);
  const token = String(before.headers['x-subject-token']);

  await service.call({ method: 'PUT', path: reader, token: admin });
  await service.call({ method: 'DELETE', path: member, token: admin });
  const left = await logIn(service, secret);
  const [, ...others] = [...(await service.identity.tokens.authenticate(token)).roles];
  await service.call({ method: 'DELETE', path: reader, token: admin });
  const none = await logIn(service, secret);
  await service.call({ method: 'PUT', path: member, token: admin });
  const again = await logIn(service, secret);

  const names = left.json.token.roles.map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ['reader']);
  assert.deepEqual(others, []);
  assert.equal(none.status, 401);
  assert.equal(again.status, 201);
});

test('a credential outlives a new password, and rests while its user or project is disabled', async () => {
  await using service = await startIdentity();
  const admin = await service.token('admin');
  const { made } = await create(service, await service.token('producer'), {});
  const statuses: number[] = [];
  const change = async (kind: 'user' | 'project', fields: Record<string, unknown>) => {
    const id = kind === 'user' ? made.user_id : made.project_id;
    const body = { [kind]: fields };
    await service.call({ method: 'PATCH', path: `/v3/${kind}s/${id}`, token: admin, body });
    statuses.push((await logIn(service, { id: made.id, secret: made.secret })).status);
  };

  await change('user', { password: 'another' });
  await change('user', { enabled: false });
  await change('user', { enabled: true });
  await change('project', { enabled: false });
  await change('project', { enabled: true });

  assert.deepEqual(statuses, [201, 401, 201, 401, 201]);
});
