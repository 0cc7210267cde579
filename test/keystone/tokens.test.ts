import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Directory } from '../../src/identity/directory.ts';
import { keystoneIdentity } from '../../src/identity/keystone/keystone-identity.ts';
import type { ServiceCredentials } from '../../src/identity/keystone/service-login.ts';
import type { RealKeystone } from './real-keystone.ts';
import { givenKeystone, startVitrine, type Vitrine } from './vitrine.ts';

let keystone: RealKeystone;

before(async () => {
  keystone = await givenKeystone();
});

/** Asks Keystone itself, and expects that it does as it is told. */
async function ask(method: string, path: string, token: string, body?: unknown): Promise<Response> {
  const response = await fetch(`${keystone.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-auth-token': token },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  assert(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  return response;
}

/** A token that somebody has proved to be due. */
async function tokenBy(identity: unknown, scope?: unknown): Promise<string> {
  const body = { auth: { identity, ...(scope !== undefined && { scope }) } };
  const response = await ask('POST', '/auth/tokens', '', body);
  return response.headers.get('x-subject-token') ?? '';
}

async function revoke(token: string): Promise<void> {
  const response = await fetch(`${keystone.url}/auth/tokens`, {
    method: 'DELETE',
    headers: { 'x-auth-token': token, 'x-subject-token': token },
  });
  assert.equal(response.status, 204);
}

/** Milliseconds until a token is refused. */
async function timeToRefusal(vitrine: Vitrine, token: string, atMost: number): Promise<number> {
  const begin = performance.now();
  while (performance.now() - begin < atMost) {
    if ((await vitrine.list(token)) === 401) return performance.now() - begin;
    await pause(100);
  }
  assert.fail(`The token is still taken after ${atMost} ms.`);
}

/** An application credential of the producer. */
async function credentialOfProducer(rest: Readonly<Record<string, unknown>> = {}) {
  const { token } = await keystone.logIn('producer');
  const about = await fetch(`${keystone.url}/auth/tokens`, {
    headers: { 'x-auth-token': token, 'x-subject-token': token },
  });
  const { id: user } = ((await about.json()) as { token: { user: { id: string } } }).token.user;
  const body = { application_credential: { name: crypto.randomUUID(), ...rest } };
  const response = await ask('POST', `/users/${user}/application_credentials`, token, body);
  const made = (await response.json()) as {
    application_credential: { id: string; secret: string };
  };
  const { id, secret } = made.application_credential;
  return { id, secret };
}

test('a revoked token is refused within the time for which answers hold', async () => {
  await using vitrine = await startVitrine(keystone, { VITRINE_KEYSTONE_TOKEN_CACHE_TIME: '2' });
  const { token } = await keystone.logIn('producer');
  assert.equal(await vitrine.list(token), 200);

  await revoke(token);

  assert((await timeToRefusal(vitrine, token, 10_000)) < 4000);
});

test('a revoked token is refused at once when no answer holds', async () => {
  await using vitrine = await startVitrine(keystone, { VITRINE_KEYSTONE_TOKEN_CACHE_TIME: '0' });
  const { token } = await keystone.logIn('producer');
  assert.equal(await vitrine.list(token), 200);

  await revoke(token);

  assert.equal(await vitrine.list(token), 401);
});

test('an expired token is refused, though its answer would still hold; a service may finish its work', async () => {
  await using vitrine = await startVitrine(keystone);
  await keystone.halt();
  await keystone.resume(15);
  const { token } = await keystone.logIn('producer');
  const early = await vitrine.list(token);
  await keystone.halt();
  await keystone.resume();
  const nova = await keystone.logIn('nova');
  const { token: consumer } = await keystone.logIn('consumer');

  await timeToRefusal(vitrine, token, 60_000);

  assert.equal(early, 200);
  assert.equal(await vitrine.list(token, nova.token), 200);
  assert.equal(await vitrine.list(token, consumer), 401);
  assert.equal(await vitrine.list(consumer, 'rubbish'), 401);
});

test('a token of the system or of a domain opens no image', async () => {
  await using vitrine = await startVitrine(keystone);
  const { username, password } = await keystone.auth('admin');
  const user = { name: username, password, domain: { id: 'default' } };
  const identity = { methods: ['password'], password: { user } };
  const system = await tokenBy(identity, { system: { all: true } });
  const users = await ask('GET', `/users?name=${username}`, system);
  const roles = await ask('GET', '/roles?name=admin', system);
  const [admin] = ((await users.json()) as { users: { id: string }[] }).users;
  const [role] = ((await roles.json()) as { roles: { id: string }[] }).roles;
  await ask('PUT', `/domains/default/users/${admin?.id}/roles/${role?.id}`, system);
  const domain = await tokenBy(identity, { domain: { id: 'default' } });

  assert.equal(await vitrine.list(system), 403);
  assert.equal(await vitrine.list(domain), 403);
});

test('an application credential is as good as a password; one with access rules opens what they name', async () => {
  await using vitrine = await startVitrine(keystone);
  const plain = await credentialOfProducer();
  const ruled = await credentialOfProducer({
    access_rules: [{ method: 'GET', path: '/v2/images', service: 'image' }],
  });
  const elsewhere = await credentialOfProducer({
    access_rules: [{ method: 'GET', path: '/v2/images', service: 'compute' }],
  });
  const [free, limited, other] = await Promise.all(
    [plain, ruled, elsewhere].map((one) =>
      tokenBy({ methods: ['application_credential'], application_credential: one }),
    ),
  );

  assert.equal(await vitrine.list(free ?? ''), 200);
  assert.equal(await vitrine.list(limited ?? ''), 200);
  assert.equal(await vitrine.list(other ?? ''), 401);
});

for (const [username, role] of [
  ['nova', 'service'],
  ['glance', 'admin'],
] as const) {
  test(`a service user with role ${role} on a project may ask`, async () => {
    await using vitrine = await startVitrine(keystone, {
      VITRINE_KEYSTONE_USERNAME: username,
      VITRINE_KEYSTONE_PROJECT_NAME: 'service',
      VITRINE_KEYSTONE_SYSTEM_SCOPE: '',
    });
    const { token } = await keystone.logIn('producer');

    assert.equal(await vitrine.list(token), 200);
  });
}

test('a service user without a role that lets it ask makes nobody’s token invalid', async () => {
  const { id, secret } = await credentialOfProducer();
  await using vitrine = await startVitrine(keystone, {
    VITRINE_KEYSTONE_APPLICATION_CREDENTIAL_ID: id,
    VITRINE_KEYSTONE_APPLICATION_CREDENTIAL_SECRET: secret,
  });
  const { token } = await keystone.logIn('consumer');

  assert.equal(await vitrine.list(token), 503);
});

test('a wrong password of the service user makes nobody’s token invalid', async () => {
  await using vitrine = await startVitrine(keystone, { VITRINE_KEYSTONE_PASSWORD: 'wrong' });
  const { token } = await keystone.logIn('producer');

  assert.equal(await vitrine.list(token), 503);
  assert.equal(await vitrine.list('rubbish'), 503);
});

/** The names as a service user with these roles reads them. */
async function withDirectory<T>(
  credentials: ServiceCredentials,
  use: (directory: Directory) => Promise<T>,
): Promise<T> {
  using identity = keystoneIdentity({
    url: keystone.url,
    credentials,
    cacheTime: 0,
    timeout: 10_000,
    log: { error() {}, info() {} },
    now: Date.now,
  });
  return await use(identity.directory);
}

test('a reader of the system knows projects and users by id and by exact name', async () => {
  const { projectId } = await keystone.logIn('producer');
  const credentials = {
    kind: 'password',
    username: 'vitrine',
    password: keystone.password,
    userDomain: { name: 'Default' },
    scope: { kind: 'system' },
  } as const;

  await withDirectory(credentials, async (directory) => {
    const project = { id: projectId, name: 'producer', domainId: 'default', enabled: true };
    assert.deepEqual(await directory.projectById(projectId), project);
    assert.deepEqual(await directory.projectsByName('producer', 'default'), [project]);
    assert.deepEqual(await directory.projectsByName('Producer', 'default'), []);
    assert.deepEqual(await directory.projectsByName('producer', 'other'), []);
    assert.equal(await directory.projectById('nobody'), undefined);
    assert.equal(await directory.userById('nobody'), undefined);
  });
});

test('names are told to who shares an image, and to nobody else', async () => {
  await using vitrine = await startVitrine(keystone);
  const [producer, consumer, admin] = await Promise.all(
    ['producer', 'consumer', 'admin'].map((name) => keystone.logIn(name)),
  );
  assert(producer && consumer && admin);
  const ids = [producer.projectId, consumer.projectId, admin.projectId, 'nobody'];
  const path = `/vitrine/v1/names?${new URLSearchParams(ids.map((id): [string, string] => ['project', id])).toString()}`;
  /** Asks until that many names are known: what comes too late is told the next time. */
  const namesFor = async ({ token }: { readonly token: string }, count: number) => {
    for (const end = performance.now() + 60_000; ; ) {
      const { projects } = (await vitrine.call('GET', path, token)) as {
        projects: { name: string | null }[];
      };
      const names = projects.map(({ name }) => name);
      const known = names.filter((name) => name !== null).length;
      if (known >= count || performance.now() > end) return names;
      await pause(100);
    }
  };
  const before = await namesFor(producer, 1);

  const image = (await vitrine.call('POST', '/v2/images', producer.token, {})) as { id: string };
  await vitrine.call('POST', `/v2/images/${image.id}/members`, producer.token, {
    member: consumer.projectId,
  });

  assert.deepEqual(before, ['producer', null, null, null]);
  assert.deepEqual(await namesFor(producer, 2), ['producer', 'consumer', null, null]);
  assert.deepEqual(await namesFor(consumer, 2), ['producer', 'consumer', null, null]);
  assert.deepEqual(await namesFor(admin, 3), ['producer', 'consumer', 'admin', null]);
});

test('a service user that may not read names does not make them unknown', async () => {
  const { projectId } = await keystone.logIn('producer');
  const { username, password, project_name: name } = await keystone.auth('nova');
  const domain = { id: 'default' };
  const scope = { kind: 'project', name, domain } as const;
  const credentials = { kind: 'password', username, password, userDomain: domain, scope } as const;

  await withDirectory(credentials, async (directory) => {
    const unavailable = { code: 'IdentityUnavailable' };
    await assert.rejects(directory.projectById(projectId), unavailable);
    await assert.rejects(directory.projectsByName('producer', 'default'), unavailable);
  });
});
