import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loginBody, startIdentity } from '../support/identity.ts';

const login = { method: 'POST', path: '/v3/auth/tokens' } as const;
const loginLimits = { perUser: 3, perAddress: 5, window: 60_000 };

test('after too many wrong passwords even the right one has to wait', async () => {
  await using service = await startIdentity({ loginLimits });
  const right = loginBody('admin', await service.password('admin'));
  for (let count = 0; count < 3; count += 1) {
    const wrong = await service.call({ ...login, body: loginBody('admin', 'wrong') });
    assert.equal(wrong.status, 401);
  }

  const refused = await service.call({ ...login, body: right });

  assert.equal(refused.status, 429);
  assert.equal(refused.headers['retry-after'], '60');
  assert.match(refused.json.error.message, /Wait 60 seconds/);
  service.pass(60_000);
  assert.equal((await service.call({ ...login, body: right })).status, 201);
});

test('guesses made at the same time are counted too', async () => {
  await using service = await startIdentity({ loginLimits });
  const guesses = Array.from({ length: 12 }, () =>
    service.call({ ...login, body: loginBody('admin', 'wrong') }),
  );

  const statuses = (await Promise.all(guesses)).map((answer) => answer.status);

  // Two are hashed at a time, so at most one more than the limit gets through.
  const tried = statuses.filter((status) => status === 401).length;
  assert.ok(tried >= 3 && tried <= 4, `${tried} guesses were tried`);
  assert.equal(statuses.filter((status) => status === 429).length, 12 - tried);
});

test('one address cannot try many users', async () => {
  await using service = await startIdentity({ loginLimits });
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await service.call({ ...login, body: loginBody(name, 'wrong') });
  }

  const sixth = await service.call({ ...login, body: loginBody('f', 'wrong') });

  assert.equal(sixth.status, 429);
});

test('successful logins are never limited', async () => {
  await using service = await startIdentity({ loginLimits });

  const tokens: string[] = [];
  for (let count = 0; count < 7; count += 1) tokens.push(await service.token('consumer'));

  assert.equal(new Set(tokens).size, 7);
});
