import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginBody, startIdentity, type TestIdentity } from '../support/identity.ts';

async function create(service: TestIdentity, user: Record<string, unknown>) {
  const token = await service.token('admin');
  return await service.call({ method: 'POST', path: '/v3/users', token, body: { user } });
}

async function logIn(service: TestIdentity, name: string, password: string) {
  const body = loginBody(name, password);
  return await service.call({ method: 'POST', path: '/v3/auth/tokens', body });
}

test('an admin makes a user who can log in, and no document shows the password', async () => {
  await using service = await startIdentity();

  const made = await create(service, {
    name: 'ada',
    password: 'difference engine',
    email: 'a@b.c',
  });
  const login = await logIn(service, 'ada', 'difference engine');

  assert.equal(made.status, 201);
  assert.equal(made.json.user.name, 'ada');
  assert.equal(made.json.user.enabled, true);
  assert.equal(made.json.user.email, 'a@b.c');
  assert.doesNotMatch(made.text, /engine|scrypt/);
  assert.equal(login.status, 201);
  assert.equal(login.json.token.project, undefined, 'without a role there is no project');
});

test('two users cannot have one name, and a new one needs a name', async () => {
  await using service = await startIdentity();

  const second = await create(service, { name: 'admin' });
  const nameless = await create(service, { password: 'x' });
  const blank = await create(service, { name: ' ' });

  assert.equal(second.status, 409);
  assert.equal(nameless.status, 400);
  assert.match(nameless.json.error.message, /name/);
  assert.equal(blank.status, 400);
});

test('users are found by id and by name', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');

  const typed = await service.call({ path: '/v3/users/producer', token });
  const byName = await service.call({ path: '/v3/users?name=producer&domain_id=default', token });
  const byId = await service.call({ path: `/v3/users/${byName.json.users[0].id}`, token });
  const all = await service.call({ path: '/v3/users', token });

  assert.equal(typed.status, 404);
  assert.equal(byName.json.users.length, 1);
  assert.equal(byId.json.user.name, 'producer');
  assert.equal(all.json.users.length, 3);
});

test('a user sees itself and no other', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  const { user } = await service.identity.tokens.authorize(token);
  const admin = await service.identity.tokens.authorize(await service.token('admin'));

  const self = await service.call({ path: `/v3/users/${user.id}`, token });
  const other = await service.call({ path: `/v3/users/${admin.user.id}`, token });
  const list = await service.call({ path: '/v3/users', token });
  const projects = await service.call({ path: `/v3/users/${admin.user.id}/projects`, token });

  assert.equal(self.status, 200);
  assert.deepEqual([other.status, list.status, projects.status], [403, 403, 403]);
});

test('a user changes its own password, which ends its tokens', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  const { user } = await service.identity.tokens.authorize(token);
  const original = await service.password('producer');
  const path = `/v3/users/${user.id}/password`;
  const change = (original_password: string) =>
    service.call({
      method: 'POST',
      path,
      token,
      body: { user: { password: 'a new one', original_password } },
    });

  const wrong = await change('guess');
  const right = await change(original);

  assert.equal(wrong.status, 401);
  assert.equal(right.status, 204);
  assert.equal((await service.call({ path: '/v3/auth/projects', token })).status, 401);
  assert.equal((await logIn(service, 'producer', original)).status, 401);
  assert.equal((await logIn(service, 'producer', 'a new one')).status, 201);
});

/** Changes a password as anybody may who knows it. */
async function change(service: TestIdentity, id: string, fields: Record<string, unknown>) {
  const path = `/v3/users/${id}/password`;
  return await service.call({ method: 'POST', path, body: { user: fields } });
}

// As Keystone 22: whoever knows the password may change it, with whatever token or none.
test('a password is changed without a token, and only by knowing it', async () => {
  await using service = await startIdentity();
  const { user } = await service.identity.tokens.authorize(await service.token('producer'));
  const original_password = await service.password('producer');

  const wrong = await change(service, user.id, { original_password: 'guess', password: 'another' });
  const nobody = await change(service, 'f'.repeat(32), { original_password, password: 'another' });
  const missing = await change(service, user.id, { password: 'another' });
  const right = await change(service, user.id, { original_password, password: 'another' });

  assert.deepEqual([wrong.status, nobody.status, missing.status], [401, 401, 400]);
  assert.deepEqual(wrong.json, nobody.json);
  assert.match(missing.json.error.message, /original_password/);
  assert.equal(right.status, 204);
  assert.equal((await logIn(service, 'producer', 'another')).status, 201);
});

test('a new password is another one, and long enough, whoever sets it', async () => {
  await using service = await startIdentity({ minPasswordLength: 8 });
  const { user } = await service.identity.tokens.authorize(await service.token('producer'));
  const original_password = await service.password('producer');

  const same = await change(service, user.id, { original_password, password: original_password });
  const short = await change(service, user.id, { original_password, password: 'seven77' });
  const made = await create(service, { name: 'ada', password: 'seven77' });
  const set = await service.call({
    method: 'PATCH',
    path: `/v3/users/${user.id}`,
    token: await service.token('admin'),
    body: { user: { password: 'seven77' } },
  });

  assert.deepEqual([same.status, short.status, made.status, set.status], [400, 400, 400, 400]);
  for (const { json } of [short, made, set]) {
    assert.equal(json.error.message, 'password must have 8 characters at least.');
  }
  assert.equal((await logIn(service, 'producer', original_password)).status, 201);
});

test('of two changes at the same time one counts', async () => {
  await using service = await startIdentity();
  const { user } = await service.identity.tokens.authorize(await service.token('producer'));
  const original_password = await service.password('producer');

  const changes = await Promise.all(
    ['first new one', 'second new one'].map((password) =>
      change(service, user.id, { original_password, password }),
    ),
  );

  assert.deepEqual(
    changes.map(({ status }) => status).toSorted((a, b) => a - b),
    [204, 401],
  );
});

test('the password of a disabled user cannot be changed by itself', async () => {
  await using service = await startIdentity();
  const { user } = await service.identity.tokens.authorize(await service.token('producer'));
  await service.call({
    method: 'PATCH',
    path: `/v3/users/${user.id}`,
    token: await service.token('admin'),
    body: { user: { enabled: false } },
  });

  const original_password = await service.password('producer');
  const answer = await change(service, user.id, { original_password, password: 'another' });

  assert.equal(answer.status, 401);
});

test('a disabled user can do nothing, and enabling it does not bring old tokens back', async () => {
  await using service = await startIdentity();
  const [admin, producer] = [await service.token('admin'), await service.token('producer')];
  const { user } = await service.identity.tokens.authorize(producer);
  const enable = (enabled: boolean) =>
    service.call({
      method: 'PATCH',
      path: `/v3/users/${user.id}`,
      token: admin,
      body: { user: { enabled } },
    });

  await enable(false);
  const disabled = await service.call({ path: '/v3/auth/projects', token: producer });
  const login = await logIn(service, 'producer', await service.password('producer'));
  await enable(true);
  const old = await service.call({ path: '/v3/auth/projects', token: producer });
  const again = await logIn(service, 'producer', await service.password('producer'));

  assert.deepEqual([disabled.status, login.status, old.status], [401, 401, 401]);
  assert.equal(again.status, 201);
});

test('an admin sets a password and removes a user; the tokens end with both', async () => {
  await using service = await startIdentity();
  const admin = await service.token('admin');
  const { json } = await create(service, { name: 'ada', password: 'first' });
  const path = `/v3/users/${json.user.id}`;
  const tokenBy = async (password: string) =>
    String((await logIn(service, 'ada', password)).headers['x-subject-token']);
  const first = await tokenBy('first');

  await service.call({ method: 'PATCH', path, token: admin, body: { user: { password: 'next' } } });
  const afterChange = await service.call({ path, token: first });
  const second = await tokenBy('next');
  assert.equal((await service.call({ path, token: second })).status, 200);
  const removed = await service.call({ method: 'DELETE', path, token: admin });
  const afterRemoval = await service.call({ path, token: second });

  assert.equal(removed.status, 204);
  assert.deepEqual([afterChange.status, afterRemoval.status], [401, 401]);
});

test('the last admin can be neither disabled nor removed', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');
  const { user } = await service.identity.tokens.authorize(token);
  const path = `/v3/users/${user.id}`;

  const disabled = await service.call({
    method: 'PATCH',
    path,
    token,
    body: { user: { enabled: false } },
  });
  const removed = await service.call({ method: 'DELETE', path, token });

  assert.deepEqual([disabled.status, removed.status], [403, 403]);
  assert.equal((await service.call({ path, token })).json.user.enabled, true);
});
