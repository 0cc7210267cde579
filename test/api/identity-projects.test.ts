import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startIdentity, type TestIdentity } from '../support/identity.ts';

function names(projects: readonly { name: string }[]): string[] {
  return projects.map((project) => project.name);
}

async function create(service: TestIdentity, project: Record<string, unknown>) {
  const token = await service.token('admin');
  return await service.call({ method: 'POST', path: '/v3/projects', token, body: { project } });
}

test('an admin makes, changes and removes a project', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');

  const made = await create(service, { name: 'lab', description: 'Tests', domain_id: 'default' });
  const path = `/v3/projects/${made.json.project.id}`;
  const body = { project: { name: 'laboratory', enabled: false } };
  const changed = await service.call({ method: 'PATCH', path, token, body });
  const removed = await service.call({ method: 'DELETE', path, token });
  const gone = await service.call({ path, token });

  assert.equal(made.status, 201);
  assert.match(made.json.project.id, /^[0-9a-f]{32}$/);
  assert.equal(made.json.project.parent_id, 'default');
  assert.equal(changed.status, 200);
  assert.equal(changed.json.project.name, 'laboratory');
  assert.equal(changed.json.project.enabled, false);
  assert.equal(changed.json.project.description, 'Tests');
  assert.equal(removed.status, 204);
  assert.equal(gone.status, 404);
});

test('two projects cannot have one name', async () => {
  await using service = await startIdentity();

  const second = await create(service, { name: 'producer' });

  assert.equal(second.status, 409);
  assert.equal(second.json.error.title, 'Conflict');
});

test('others may neither make, change nor remove projects', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  const admin = await service.token('admin');
  const { json } = await service.call({ path: '/v3/projects?name=producer', token: admin });
  const path = `/v3/projects/${json.projects[0].id}`;
  const body = { project: { name: 'mine' } };

  const made = await service.call({ method: 'POST', path: '/v3/projects', token, body });
  const changed = await service.call({ method: 'PATCH', path, token, body });
  const removed = await service.call({ method: 'DELETE', path, token });

  assert.deepEqual([made.status, changed.status, removed.status], [403, 403, 403]);
});

test('an admin lists every project, a producer its own', async () => {
  await using service = await startIdentity();

  const all = await service.call({ path: '/v3/projects', token: await service.token('admin') });
  const own = await service.call({ path: '/v3/projects', token: await service.token('producer') });

  assert.deepEqual(names(all.json.projects), ['admin', 'consumer', 'producer']);
  assert.deepEqual(all.json.links, {
    next: null,
    self: 'http://localhost:80/identity/v3/projects',
    previous: null,
  });
  assert.deepEqual(names(own.json.projects), ['producer']);
});

test('a producer finds the project to share with by its exact name or id, and nothing more of it', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');
  await create(service, { name: 'customer', description: 'Buys a lot' });
  const query = '/v3/projects?domain_id=default&name=';

  const byTyped = await service.call({ path: '/v3/projects/customer', token });
  const byName = await service.call({ path: `${query}customer`, token });
  const byPart = await service.call({ path: `${query}custom`, token });
  const byId = await service.call({ path: `/v3/projects/${byName.json.projects[0].id}`, token });

  assert.equal(byTyped.status, 404);
  assert.deepEqual(names(byName.json.projects), ['customer']);
  assert.equal(byName.json.projects[0].description, '');
  assert.deepEqual(byPart.json.projects, []);
  assert.equal(byId.json.project.name, 'customer');
  assert.equal(byId.json.project.description, '');
});

test('domains are found by id and by name', async () => {
  await using service = await startIdentity();
  const token = await service.token('consumer');

  const typed = await service.call({ path: '/v3/domains/Default', token });
  const byName = await service.call({ path: '/v3/domains?name=Default', token });
  const byId = await service.call({ path: '/v3/domains/default', token });

  assert.equal(typed.status, 404);
  assert.equal(byName.json.domains[0].id, 'default');
  assert.equal(byId.json.domain.name, 'Default');
});

test('a caller sees where it may go', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');
  const { user } = await service.identity.tokens.authorize(token);

  const projects = await service.call({ path: '/v3/auth/projects', token });
  const same = await service.call({ path: `/v3/users/${user.id}/projects`, token });
  const domains = await service.call({ path: '/v3/auth/domains', token });
  const system = await service.call({ path: '/v3/auth/system', token });

  assert.deepEqual(names(projects.json.projects), ['admin']);
  assert.deepEqual(same.json.projects, projects.json.projects);
  assert.deepEqual(domains.json.domains, []);
  assert.deepEqual(system.json.system, [{ all: true }]);
});

test('tokens for a disabled or removed project stop working at once', async () => {
  await using service = await startIdentity();
  const [admin, producer] = [await service.token('admin'), await service.token('producer')];
  const { projectId } = await service.identity.tokens.authenticate(producer);

  await service.call({
    method: 'PATCH',
    path: `/v3/projects/${projectId}`,
    token: admin,
    body: { project: { enabled: false } },
  });

  await assert.rejects(async () => await service.identity.tokens.authenticate(producer), {
    code: 'NotAuthenticated',
  });
});

test('the project of the last admin can be neither disabled nor removed once nothing else is left', async () => {
  await using service = await startIdentity();
  const token = await service.token('admin');
  const { user, project } = await service.identity.tokens.authorize(token);
  const { json } = await service.call({ path: '/v3/roles?name=admin', token });
  const system = `/v3/system/users/${user.id}/roles/${json.roles[0].id}`;
  assert.equal((await service.call({ method: 'DELETE', path: system, token })).status, 204);
  const path = `/v3/projects/${project?.project.id}`;

  const removed = await service.call({ method: 'DELETE', path, token });
  const disabled = await service.call({
    method: 'PATCH',
    path,
    token,
    body: { project: { enabled: false } },
  });

  assert.deepEqual([removed.status, disabled.status], [403, 403]);
  assert.equal((await service.call({ path, token })).status, 200);
});
