import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { openIdentity } from '../../src/service/identity/open-identity.ts';
import { loginBody, passwordCost, startIdentity, type TestIdentity } from '../support/identity.ts';

const path = '/v3/signing_keys';
const day = 86_400_000;

interface Key {
  readonly id: string;
  readonly signs: boolean;
  readonly created_at: string;
  readonly needed_until: string | null;
}

/** The key that a token names. */
function keyOf(token: string): string {
  const [head = ''] = token.split('.');
  return JSON.parse(Buffer.from(head, 'base64url').toString()).kid;
}

async function keys(service: TestIdentity): Promise<readonly Key[]> {
  const { json } = await service.call({ path, token: await service.token('admin') });
  return json.signing_keys;
}

/** A second process on the same database. */
async function secondProcess(service: TestIdentity) {
  const database = await service.open();
  const { now } = service.identity.context;
  const identity = await openIdentity({ database, now, passwordCost });
  const user = { name: 'producer', domain: { id: 'default' } } as const;
  return {
    identity,
    async logIn() {
      const proof = {
        method: 'password',
        user,
        password: await service.password('producer'),
      } as const;
      const login = { proof, scope: undefined, address: '127.0.0.1' };
      return (await identity.logins.login(login)).token;
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

test('a key signs for its time; the login after that has a new one, and tokens of both are valid', async () => {
  await using service = await startIdentity({ keyRotation: 30 * day, tokenLifetime: 7 * day });
  const first = await service.token('producer');
  service.pass(30 * day - 1);
  const late = await service.token('producer');
  service.pass(1);

  const next = await service.token('producer');

  assert.equal(keyOf(late), keyOf(first));
  assert.notEqual(keyOf(next), keyOf(first));
  for (const token of [late, next]) {
    assert.equal((await service.call({ path: '/v3/auth/projects', token })).status, 200);
  }
});

test('a key goes once nothing that it signed can be asked about', async () => {
  await using service = await startIdentity({ keyRotation: 30 * day, tokenLifetime: 7 * day });
  const old = keyOf(await service.token('producer'));
  service.pass(30 * day);
  const [signing, kept] = await keys(service);
  service.pass(9 * day - 1);
  const before = (await keys(service)).map(({ id }) => id);
  service.pass(1);
  const after = (await keys(service)).map(({ id }) => id);

  assert.equal(kept?.id, old);
  assert.deepEqual([signing?.signs, kept?.signs], [true, false]);
  assert.equal(signing?.needed_until, null);
  assert.equal(kept?.needed_until, '2026-02-10T03:04:05.678000Z');
  assert.deepEqual(before, [signing?.id, old]);
  assert.deepEqual(after, [signing?.id]);
});

test('a key is kept for the longest life that it has signed, whatever is set later', async () => {
  await using service = await startIdentity({ tokenLifetime: 1 * day });
  const { now } = service.identity.context;
  const settings = { now, passwordCost, keyRotation: 10 * day };
  await using database = await service.open();

  await openIdentity({ database, ...settings, tokenLifetime: 7 * day });
  service.pass(10 * day);
  await openIdentity({ database, ...settings, tokenLifetime: 60_000 });

  const [, old] = await keys(service);
  assert.equal(old?.needed_until, new Date(now() + 9 * day).toISOString().replace('Z', '000Z'));
});

test('without rotation the first key signs for ever', async () => {
  await using service = await startIdentity();
  const first = keyOf(await service.token('producer'));

  service.pass(3650 * day);

  assert.equal(keyOf(await service.token('producer')), first);
});

test('an admin rotates the keys, and may drop the others with every token that there is', async () => {
  await using service = await startIdentity();
  const admin = await service.token('admin');
  const rotate = (rotation: unknown, token: string) =>
    service.call({ method: 'POST', path, token, body: { rotation } });

  service.pass(1000);
  const kept = await rotate({}, admin);
  const still = await service.call({ path, token: admin });
  service.pass(1000);
  const dropped = await rotate({ drop_others: true }, admin);
  const ended = await service.call({ path, token: admin });

  assert.deepEqual([kept.status, kept.json.signing_keys.length], [200, 2]);
  assert.deepEqual([still.status, still.json], [200, kept.json]);
  assert.deepEqual([dropped.status, dropped.json.signing_keys.length], [200, 1]);
  assert.equal(ended.status, 401);
  assert.deepEqual(await keys(service), dropped.json.signing_keys);
});

test('nobody else sees or rotates keys, and their secrets are in no answer', async () => {
  await using service = await startIdentity();
  const token = await service.token('producer');

  const list = await service.call({ path, token });
  const rotated = await service.call({ method: 'POST', path, token, body: { rotation: {} } });
  const malformed = await service.call({
    method: 'POST',
    path,
    token: await service.token('admin'),
  });
  const seen = await service.call({ path, token: await service.token('admin') });

  assert.deepEqual([list.status, rotated.status, malformed.status], [403, 403, 400]);
  assert.deepEqual(Object.keys(seen.json.signing_keys[0]), [
    'id',
    'created_at',
    'signs',
    'needed_until',
  ]);
});

test('two processes on one database take the tokens of each other, also by a key that is new', async () => {
  await using service = await startIdentity();
  await using other = await secondProcess(service);
  const first = await other.logIn();
  service.pass(1000);
  const admin = await service.token('admin');
  await service.call({ method: 'POST', path, token: admin, body: { rotation: {} } });
  const next = await service.token('producer');

  assert.equal((await service.identity.tokens.authenticate(first)).projectId !== null, true);
  assert.notEqual(keyOf(next), keyOf(first));
  assert.equal((await other.identity.tokens.authenticate(next)).scope, 'project');
});

test('two processes whose key has had its time make one new key', async () => {
  await using service = await startIdentity({ keyRotation: 30 * day });
  const { now } = service.identity.context;
  service.pass(31 * day);
  const databases = [await service.open(), await service.open()];

  await Promise.all(
    databases.map((database) =>
      openIdentity({ database, now, passwordCost, keyRotation: 30 * day }),
    ),
  );
  await Promise.all(databases.map((database) => database.close()));

  assert.equal((await keys(service)).length, 2);
});

test('invented keys cost a few looks into the database, however many come', async () => {
  await using service = await startIdentity();
  const known = keyOf(await service.token('producer'));
  const { database } = service.identity.context;
  let looks = 0;
  const select = database.read.selectFrom.bind(database.read);
  Object.defineProperty(database.read, 'selectFrom', {
    value: (table: never) => {
      if (table === 'signing_keys') looks += 1;
      return select(table);
    },
  });

  for (let count = 0; count < 500; count += 1) {
    const forged = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256', kid: `${known}${count}` })
      .sign(Buffer.alloc(32, 7));
    await assert.rejects(async () => await service.identity.tokens.authenticate(forged), {
      code: 'NotAuthenticated',
    });
  }

  assert(looks >= 1 && looks <= 30, `${looks} looks`);
  const body = loginBody('producer', await service.password('producer'));
  const login = await service.call({ method: 'POST', path: '/v3/auth/tokens', body });
  assert.equal(login.status, 201);
});
