import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startKeystone } from '../support/keystone.ts';

const tokens = '/v3/auth/tokens';
const refused = { code: 'NotAuthenticated' };

test('a token of a project makes the caller that Keystone describes, roles in lower case', async () => {
  await using keystone = await startKeystone();
  const token = keystone.server.issue({
    userId: 'u7',
    projectId: 'p7',
    roles: ['Admin', 'member', 'reader'],
  });

  const caller = await keystone.authenticate(token);

  assert.deepEqual(caller, {
    userId: 'u7',
    projectId: 'p7',
    projectDomainId: 'default',
    roles: new Set(['admin', 'member', 'reader']),
    scope: 'project',
  });
});

for (const scope of ['domain', 'system', 'unscoped'] as const) {
  test(`a token of scope ${scope} makes a caller without a project`, async () => {
    await using keystone = await startKeystone();
    const token = keystone.server.issue({ scope });

    const caller = await keystone.authenticate(token);

    assert.equal(caller.scope, scope);
    assert.equal(caller.projectId, null);
    assert.equal(caller.projectDomainId, null);
  });
}

test('a thousand requests with one new token ask Keystone once', async () => {
  await using keystone = await startKeystone();
  const token = keystone.server.issue();

  await Promise.all(Array.from({ length: 1000 }, () => keystone.authenticate(token)));

  assert.equal(keystone.server.count('GET', tokens), 1);
  assert.equal(keystone.server.count('POST', tokens), 1);
});

test('a thousand new tokens ask Keystone a thousand times, and log in once', async () => {
  await using keystone = await startKeystone({ timeout: 60_000 });
  const many = Array.from({ length: 1000 }, (_, n) => keystone.server.issue({ userId: `u${n}` }));

  const callers = await Promise.all(many.map((token) => keystone.authenticate(token)));

  assert.deepEqual(
    callers.map(({ userId }) => userId),
    many.map((_, n) => `u${n}`),
  );
  assert.equal(keystone.server.count('GET', tokens), 1000);
  assert.equal(keystone.server.count('POST', tokens), 1);
});

test('a token seen lately is answered at once, for as long as is configured and no longer', async () => {
  await using keystone = await startKeystone({ cacheTime: 300_000 });
  const token = keystone.server.issue();
  await keystone.authenticate(token);
  keystone.server.revoke(token);

  keystone.pass(299_999);
  const cached = keystone.identity.authenticate(token);
  keystone.pass(1);

  assert(!(cached instanceof Promise));
  await assert.rejects(keystone.authenticate(token), refused);
});

test('a token is not taken past its expiry, however long answers may be remembered', async () => {
  await using keystone = await startKeystone({ cacheTime: 300_000 });
  const token = keystone.server.issue({ expiresAt: keystone.now() + 10_000 });
  await keystone.authenticate(token);

  keystone.pass(10_000);

  await assert.rejects(keystone.authenticate(token), refused);
});

test('without a cache every request is a question of its own, and a revocation counts at once', async () => {
  await using keystone = await startKeystone({ cacheTime: 0 });
  const token = keystone.server.issue();
  await Promise.all([1, 2, 3].map(() => keystone.authenticate(token)));
  const asked = keystone.server.count('GET', tokens);

  keystone.server.revoke(token);

  assert.equal(asked, 3);
  await assert.rejects(keystone.authenticate(token), refused);
});

test('a token that Keystone does not know is asked for again by the next request', async () => {
  await using keystone = await startKeystone();

  for (let n = 0; n < 2; n += 1) {
    await assert.rejects(keystone.authenticate('gAAAAAunknown'), refused);
  }

  assert.equal(keystone.server.count('GET', tokens), 2);
});

test('what cannot be a token is refused without asking', async () => {
  await using keystone = await startKeystone();

  for (const token of ['a b', 'caf\u00e9', 'a\tb']) {
    await assert.rejects(keystone.authenticate(token), refused);
  }

  assert.deepEqual(keystone.server.asked, []);
});

test('a service token must be valid', async () => {
  await using keystone = await startKeystone();
  const token = keystone.server.issue();

  await assert.rejects(keystone.authenticate(token, 'gAAAAAunknown'), refused);
});

test('a service finishes the work of a user whose token has expired', async () => {
  await using keystone = await startKeystone();
  const service = keystone.server.issue({ userId: 'nova', roles: ['service'] });
  const token = keystone.server.issue({ userId: 'u7', expiresAt: keystone.now() - 1000 });

  const caller = await keystone.authenticate(token, service);

  assert.equal(caller.userId, 'u7');
  await assert.rejects(keystone.authenticate(token), refused);
});

test('another caller than a service lets no token have expired', async () => {
  await using keystone = await startKeystone();
  const other = keystone.server.issue({ roles: ['admin', 'member', 'reader'] });
  const token = keystone.server.issue({ expiresAt: keystone.now() - 1000 });

  await assert.rejects(keystone.authenticate(token, other), refused);
});
