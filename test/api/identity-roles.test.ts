import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startIdentity, type TestIdentity } from '../support/identity.ts';

/** Ids of the role, of the first user and of the project of that name. */
async function idsOf(service: TestIdentity, names: { role: string; user: string; on: string }) {
  const token = await service.token('admin');
  const roles = await service.call({ path: `/v3/roles?name=${names.role}`, token });
  const users = await service.call({ path: `/v3/users?name=${names.user}`, token });
  const projects = await service.call({ path: `/v3/projects?name=${names.on}`, token });
  return {
    token,
    role: roles.json.roles[0].id,
    user: users.json.users[0].id,
    project: projects.json.projects[0].id,
  };
}

test('roles are found by id and by name, and a duplicate is refused', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');
  const path = '/v3/roles';

  const all = await service.call({ path, token });
  const typed = await service.call({ path: `${path}/member`, token });
  const byName = await service.call({ path: `${path}?name=member`, token });
  const byId = await service.call({ path: `${path}/${byName.json.roles[0].id}`, token });
  const body = { role: { name: 'auditor' } };
  const made = await service.call({ method: 'POST', path, token, body });
  const again = await service.call({ method: 'POST', path, token, body });
  const capital = await service.call({
    method: 'POST',
    path,
    token,
    body: { role: { name: 'Admin' } },
  });

  const names = all.json.roles.map((role: { name: string }) => role.name);
  assert.deepEqual(names, ['admin', 'member', 'reader', 'service']);
  assert.equal(typed.status, 404);
  assert.equal(byId.json.role.name, 'member');
  assert.deepEqual([made.status, again.status, capital.status], [201, 409, 409]);
});

test('a role that the service needs stays, another can be removed', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');
  const member = await service.call({ path: '/v3/roles?name=member', token });
  const made = await service.call({
    method: 'POST',
    path: '/v3/roles',
    token,
    body: { role: { name: 'auditor' } },
  });
  const remove = (id: string) => service.call({ method: 'DELETE', path: `/v3/roles/${id}`, token });

  const needed = await remove(member.json.roles[0].id);
  const other = await remove(made.json.role.id);

  assert.deepEqual([needed.status, other.status], [403, 204]);
});

test('a role is given, seen, and taken again', async () => {
  await using service = await startIdentity();
  const { token, ...id } = await idsOf(service, {
    role: 'reader',
    user: 'producer',
    on: 'consumer',
  });
  const list = `/v3/projects/${id.project}/users/${id.user}/roles`;
  const path = `${list}/${id.role}`;

  const before = await service.call({ method: 'HEAD', path, token });
  const given = await service.call({ method: 'PUT', path, token });
  const again = await service.call({ method: 'PUT', path, token });
  const head = await service.call({ method: 'HEAD', path, token });
  const get = await service.call({ path, token });
  const roles = await service.call({ path: list, token });
  const taken = await service.call({ method: 'DELETE', path, token });
  const absent = await service.call({ method: 'DELETE', path, token });

  assert.equal(before.status, 404);
  const statuses = [given, again, head, get, taken].map((answer) => answer.status);
  assert.deepEqual(statuses, [204, 204, 204, 204, 204]);
  assert.deepEqual(
    roles.json.roles.map((role: { name: string }) => role.name),
    ['reader'],
  );
  assert.equal(absent.status, 404);
});

test('a role that is given or taken counts for tokens that are out already', async () => {
  await using service = await startIdentity();
  const { token, ...id } = await idsOf(service, {
    role: 'admin',
    user: 'producer',
    on: 'producer',
  });
  const path = `/v3/projects/${id.project}/users/${id.user}/roles/${id.role}`;
  const producer = await service.token('producer');
  const isAdmin = async () =>
    (await service.identity.tokens.authenticate(producer)).roles.has('admin');
  assert.equal(await isAdmin(), false);

  await service.call({ method: 'PUT', path, token });
  const given = await isAdmin();
  await service.call({ method: 'DELETE', path, token });
  const taken = await isAdmin();

  assert.deepEqual([given, taken], [true, false]);
});

test('without a role left, the token is void', async () => {
  await using service = await startIdentity();
  const { token, ...id } = await idsOf(service, {
    role: 'member',
    user: 'consumer',
    on: 'consumer',
  });
  const consumer = await service.token('consumer');
  await service.identity.tokens.authenticate(consumer);

  const path = `/v3/projects/${id.project}/users/${id.user}/roles/${id.role}`;
  await service.call({ method: 'DELETE', path, token });

  await assert.rejects(async () => await service.identity.tokens.authenticate(consumer), {
    code: 'NotAuthenticated',
  });
});

test('roles on the system and on a domain open tokens of that scope', async () => {
  await using service = await startIdentity();
  const { token, ...id } = await idsOf(service, { role: 'reader', user: 'producer', on: 'admin' });
  const login = async (scope: unknown) => {
    const body = {
      auth: {
        identity: { methods: ['token'], token: { id: await service.token('producer') } },
        scope,
      },
    };
    return await service.call({ method: 'POST', path: '/v3/auth/tokens', body });
  };

  for (const place of ['system', 'domains/default']) {
    const path = `/v3/${place}/users/${id.user}/roles/${id.role}`;
    assert.equal((await service.call({ method: 'PUT', path, token })).status, 204);
  }
  const system = await login({ system: { all: true } });
  const domain = await login({ domain: { name: 'Default' } });

  assert.deepEqual(system.json.token.system, { all: true });
  assert.deepEqual(domain.json.token.domain, { id: 'default', name: 'Default' });
  assert.equal(domain.json.token.roles.length, 1);
});

test('assignments are listed by user and place, with names and implied roles on request', async () => {
  await using service = await startIdentity();
  const { token, ...id } = await idsOf(service, { role: 'member', user: 'admin', on: 'admin' });
  const path = `/v3/role_assignments?user.id=${id.user}&scope.project.id=${id.project}`;

  const plain = await service.call({ path, token });
  const all = await service.call({ path: '/v3/role_assignments', token });
  const named = await service.call({ path: `${path}&include_names=True&effective`, token });
  const system = await service.call({ path: '/v3/role_assignments?scope.system=all', token });

  const [only] = plain.json.role_assignments;
  assert.deepEqual(only.scope, { project: { id: id.project } });
  assert.deepEqual(only.user, { id: id.user });
  assert.equal(plain.json.role_assignments.length, 1);
  assert.equal(all.json.role_assignments.length, 4);
  const roles = named.json.role_assignments.map((one: { role: { name: string } }) => one.role.name);
  assert.deepEqual(roles.toSorted(), ['admin', 'member', 'reader']);
  const [first] = named.json.role_assignments;
  assert.deepEqual(first.user.domain, { id: 'default', name: 'Default' });
  assert.equal(first.scope.project.name, 'admin');
  assert.deepEqual(system.json.role_assignments[0].scope, { system: { all: true } });
});

test('others see their own assignments and manage none', async () => {
  await using service = await startIdentity();
  const { role, user, project } = await idsOf(service, {
    role: 'admin',
    user: 'producer',
    on: 'producer',
  });
  const token = await service.token('producer');
  const path = `/v3/projects/${project}/users/${user}/roles/${role}`;

  const own = await service.call({ path: `/v3/role_assignments?user.id=${user}`, token });
  const all = await service.call({ path: '/v3/role_assignments', token });
  const given = await service.call({ method: 'PUT', path, token });
  const made = await service.call({
    method: 'POST',
    path: '/v3/roles',
    token,
    body: { role: { name: 'x' } },
  });
  const list = await service.call({ path: '/v3/roles', token });

  assert.equal(own.json.role_assignments.length, 1);
  assert.deepEqual([all.status, given.status, made.status, list.status], [403, 403, 403, 403]);
});
