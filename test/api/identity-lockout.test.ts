import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openIdentity } from '../../src/service/identity/open-identity.ts';
import { loginBody, passwordCost, startIdentity, type TestIdentity } from '../support/identity.ts';

const lockout = { failures: 3, duration: 60_000 };
// So wide that only the lock-out is at work: failures of one user come from many addresses.
const loginLimits = { perUser: 1000, perAddress: 1000, window: 60_000 };

async function logIn(service: TestIdentity, user: string, password: string) {
  const body = loginBody(user, password);
  return await service.call({ method: 'POST', path: '/v3/auth/tokens', body });
}

async function fail(service: TestIdentity, user: string, times: number) {
  for (let count = 0; count < times; count += 1) await logIn(service, user, 'wrong');
}

async function failedLogins(service: TestIdentity) {
  return await service.identity.context.database.read
    .selectFrom('users')
    .select(['name', 'failed_logins', 'failed_login_at'])
    .where('failed_login_at', 'is not', null)
    .execute();
}

// Keystone 22 with lockout_failure_attempts and lockout_duration answers the same in every case.
test('after so many wrong passwords the right one is as wrong, until the time is over', async () => {
  await using service = await startIdentity({ lockout, loginLimits });
  const right = await service.password('producer');
  await fail(service, 'producer', 2);
  const wrong = await logIn(service, 'producer', 'wrong');

  const locked = await logIn(service, 'producer', right);
  const nobody = await logIn(service, 'nobody', right);
  const other = await logIn(service, 'consumer', await service.password('consumer'));
  service.pass(59_999);
  const still = await logIn(service, 'producer', right);
  service.pass(1);
  const after = await logIn(service, 'producer', right);

  assert.equal(locked.status, 401);
  assert.deepEqual([locked.json, nobody.json, still.json], [wrong.json, wrong.json, wrong.json]);
  assert.deepEqual([other.status, after.status], [201, 201]);
});

test('a right password in between begins the count anew', async () => {
  await using service = await startIdentity({ lockout, loginLimits });
  const right = await service.password('producer');

  await fail(service, 'producer', 2);
  const first = await logIn(service, 'producer', right);
  await fail(service, 'producer', 2);
  const second = await logIn(service, 'producer', right);

  assert.deepEqual([first.status, second.status], [201, 201]);
  assert.deepEqual(await failedLogins(service), []);
});

test('guesses at a lock-out neither prolong it nor write, and names that nobody has leave nothing', async () => {
  await using service = await startIdentity({ lockout, loginLimits });
  await fail(service, 'producer', 3);
  const before = await failedLogins(service);
  service.pass(30_000);

  await fail(service, 'producer', 3);
  await fail(service, 'nobody', 3);

  assert.equal(before.length, 1);
  assert.deepEqual(await failedLogins(service), before);
});

test('guesses by changing the password are counted too', async () => {
  await using service = await startIdentity({ lockout, loginLimits });
  const { user } = await service.identity.tokens.authorize(await service.token('producer'));
  const right = await service.password('producer');
  const change = (original_password: string) =>
    service.call({
      method: 'POST',
      path: `/v3/users/${user.id}/password`,
      body: { user: { original_password, password: 'another' } },
    });

  for (let count = 0; count < 3; count += 1) await change('wrong');

  assert.equal((await change(right)).status, 401);
  assert.equal((await logIn(service, 'producer', right)).status, 401);
});

test('who is locked out keeps its tokens and application credentials', async () => {
  await using service = await startIdentity({ lockout, loginLimits });
  const token = await service.token('producer');
  const { user } = await service.identity.tokens.authorize(token);
  const path = `/v3/users/${user.id}/application_credentials`;
  const body = { application_credential: { name: 'ci' } };
  const { json } = await service.call({ method: 'POST', path, token, body });
  const { id, secret } = json.application_credential;

  await fail(service, 'producer', 3);
  const known = await service.call({ path: '/v3/auth/projects', token });
  const identity = {
    methods: ['application_credential'],
    application_credential: { id, secret },
  };
  const login = await service.call({
    method: 'POST',
    path: '/v3/auth/tokens',
    body: { auth: { identity } },
  });

  assert.deepEqual([known.status, login.status], [200, 201]);
});

for (const [name, fields, password] of [
  ['enabling the user', { enabled: true }, undefined],
  ['a new password', { password: 'a new one' }, 'a new one'],
] as const) {
  test(`${name} ends a lock-out`, async () => {
    await using service = await startIdentity({ lockout, loginLimits });
    const { user } = await service.identity.tokens.authorize(await service.token('producer'));
    await fail(service, 'producer', 3);

    await service.call({
      method: 'PATCH',
      path: `/v3/users/${user.id}`,
      token: await service.token('admin'),
      body: { user: fields },
    });

    const right = password ?? (await service.password('producer'));
    assert.equal((await logIn(service, 'producer', right)).status, 201);
  });
}

test('a lock-out outlives the process', async () => {
  await using service = await startIdentity({ lockout, loginLimits });
  await fail(service, 'producer', 3);
  const user = { name: 'producer', domain: { id: 'default' } } as const;
  const proof = { method: 'password', user, password: await service.password('producer') } as const;
  await using database = await service.open();
  const { now } = service.identity.context;

  const next = await openIdentity({ database, now, passwordCost, lockout, loginLimits });

  const login = next.logins.login({ proof, scope: undefined, address: '127.0.0.1' });
  await assert.rejects(login, { code: 'NotAuthenticated' });
});

test('without a rule nobody is locked out, and nothing is written', async () => {
  await using service = await startIdentity({ loginLimits });
  await fail(service, 'producer', 10);

  const login = await logIn(service, 'producer', await service.password('producer'));

  assert.equal(login.status, 201);
  assert.deepEqual(await failedLogins(service), []);
});
