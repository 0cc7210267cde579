import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { makeFirstAccounts, refreshClouds } from '../../src/service/first-start.ts';
import { openIdentity } from '../../src/service/identity/open-identity.ts';
import { databaseOf } from '../support/database.ts';

const authUrl = 'http://127.0.0.1:9292/identity/v3';
const region = 'RegionOne';

/** An empty data folder and what starts on it. */
async function emptyFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'first-start-test-'));
  const cloudsFile = join(folder, 'clouds.yaml');
  const store = await databaseOf(folder);

  async function open() {
    const database = await store.open();
    const identity = await openIdentity({ database, passwordCost: { logN: 4, r: 8, p: 1 } });
    return { identity, [Symbol.asyncDispose]: () => database.close() };
  }

  return {
    cloudsFile,
    open,
    async start() {
      await using opened = await open();
      await makeFirstAccounts(opened.identity, { cloudsFile, authUrl, region });
    },
    /** Logs in with what the file says. */
    async logIn(cloud: string) {
      await using opened = await open();
      const { username, password } = parse(await readFile(cloudsFile, 'utf8')).clouds[cloud].auth;
      const user = { name: username, domain: { name: 'Default' } };
      const proof = { method: 'password', user, password } as const;
      const request = { proof, scope: undefined, address: '127.0.0.1' };
      return (await opened.identity.logins.login(request)).authorization;
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test('the first start makes three accounts whose passwords are in clouds.yaml alone', async () => {
  await using data = await emptyFolder();

  await data.start();

  const { mode } = await stat(data.cloudsFile);
  assert.equal(mode & 0o777, 0o600);
  const { clouds } = parse(await readFile(data.cloudsFile, 'utf8'));
  assert.deepEqual(Object.keys(clouds), ['vitrine-admin', 'vitrine-producer', 'vitrine-consumer']);
  const { auth, ...rest } = clouds['vitrine-producer'];
  assert.deepEqual(rest, {
    region_name: 'RegionOne',
    identity_api_version: 3,
    interface: 'public',
  });
  assert.equal(auth.auth_url, authUrl);
  assert.equal(Buffer.from(auth.password, 'base64url').length, 24);
  const admin = await data.logIn('vitrine-admin');
  assert.ok(admin.caller.roles.has('admin'));
  const consumer = await data.logIn('vitrine-consumer');
  assert.equal(consumer.project?.project.name, 'consumer');
});

test('a second start changes nothing', async () => {
  await using data = await emptyFolder();
  await data.start();
  const before = await readFile(data.cloudsFile, 'utf8');

  await data.start();

  assert.equal(await readFile(data.cloudsFile, 'utf8'), before);
  assert.equal((await data.logIn('vitrine-admin')).user.name, 'admin');
});

test('a crash after the file was written and before the accounts were made is made good', async () => {
  await using data = await emptyFolder();
  const password = 'of-the-first-try';
  const clouds = { clouds: { 'vitrine-admin': { auth: { username: 'admin', password } } } };
  await writeFile(data.cloudsFile, JSON.stringify(clouds));

  await data.start();

  assert.equal((await data.logIn('vitrine-admin')).user.name, 'admin');
  const after = parse(await readFile(data.cloudsFile, 'utf8'));
  assert.equal(after.clouds['vitrine-admin'].auth.password, password);
});

test('a new address and a new region are written into the file, and everything else in it stays', async () => {
  await using data = await emptyFolder();
  await data.start();
  const before = await readFile(data.cloudsFile, 'utf8');
  const own = '  # ours\n  other:\n    auth:\n      auth_url: http://elsewhere/v3\n';
  await writeFile(data.cloudsFile, before + own);

  await refreshClouds({
    cloudsFile: data.cloudsFile,
    authUrl: 'http://127.0.0.1:4711/identity/v3',
    region: 'north',
  });

  const after = await readFile(data.cloudsFile, 'utf8');
  assert.equal(after, before.replaceAll(':9292/', ':4711/').replaceAll(region, 'north') + own);
  assert.equal((await data.logIn('vitrine-consumer')).user.name, 'consumer');
});

test('a file that the operator took away stays away', async () => {
  await using data = await emptyFolder();
  await data.start();
  await rm(data.cloudsFile);

  await data.start();
  const { cloudsFile } = data;
  await refreshClouds({ cloudsFile, authUrl: 'http://127.0.0.1:1/identity/v3', region: 'north' });

  await assert.rejects(stat(data.cloudsFile), { code: 'ENOENT' });
});

test('a file that is no YAML is not overwritten', async () => {
  await using data = await emptyFolder();
  await writeFile(data.cloudsFile, 'clouds: [');

  await assert.rejects(data.start(), /is not YAML/);

  assert.equal(await readFile(data.cloudsFile, 'utf8'), 'clouds: [');
});

test('tokens outlive a restart, since the key is kept', async () => {
  await using data = await emptyFolder();
  await data.start();
  await using first = await data.open();
  const { user } = await data.logIn('vitrine-admin');
  const draft = { userId: user.id, methods: ['password'], tokenGeneration: 0 } as const;
  const scope = { kind: 'system' } as const;
  const { token } = await first.identity.tokens.issue({ ...draft, scope, credentialId: null });

  await using second = await data.open();
  const caller = await second.identity.tokens.authenticate(token);

  assert.equal(caller.userId, user.id);
  assert.equal(caller.scope, 'system');
});
