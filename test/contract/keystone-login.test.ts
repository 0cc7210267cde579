import assert from 'node:assert/strict';
import { test } from 'node:test';
import { passwordCredentials, startKeystone } from '../support/keystone.ts';
import { sendError, serviceCredential, serviceUser } from '../support/keystone-server.ts';

const tokens = '/v3/auth/tokens';
const unavailable = { code: 'IdentityUnavailable' };

test('the service user logs in by its password, for its project', async () => {
  await using keystone = await startKeystone();

  await keystone.authenticate(keystone.server.issue());

  const { username: name, password } = serviceUser;
  assert.deepEqual(keystone.server.asked[0]?.body, {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name, password, domain: { id: 'default' } } },
      },
      scope: { project: { name: 'service', domain: { name: 'Default' } } },
    },
  });
});

test('the service user logs in for the system', async () => {
  const credentials = { ...passwordCredentials, scope: { kind: 'system' } } as const;
  await using keystone = await startKeystone({ credentials });

  await keystone.authenticate(keystone.server.issue());

  const body = keystone.server.asked[0]?.body as { auth: { scope: unknown } };
  assert.deepEqual(body.auth.scope, { system: { all: true } });
});

test('the service logs in by an application credential, which has its scope', async () => {
  const credentials = { kind: 'application_credential', ...serviceCredential } as const;
  await using keystone = await startKeystone({ credentials });

  const caller = await keystone.authenticate(keystone.server.issue());

  assert.equal(caller.projectId, 'p1');
});

test('when its token is void the service logs in again, once for all who ask', async () => {
  await using keystone = await startKeystone();
  await keystone.authenticate(keystone.server.issue());
  keystone.server.revokeServiceTokens();
  const many = Array.from({ length: 20 }, () => keystone.server.issue());

  await Promise.all(many.map((token) => keystone.authenticate(token)));

  assert.equal(keystone.server.count('POST', tokens), 2);
});

test('a token of its own whose end is no time is not taken', async () => {
  await using keystone = await startKeystone();
  keystone.server.answerBy(({ method }, response, usual) => {
    if (method !== 'POST') usual();
    else
      response.writeHead(201, { 'x-subject-token': 't' }).end('{"token":{"expires_at":"later"}}');
  });

  await assert.rejects(keystone.authenticate(keystone.server.issue()), unavailable);

  assert.equal(keystone.server.count('GET', tokens), 0);
});

test('a token of its own that is about to end is renewed before it is used', async () => {
  await using keystone = await startKeystone();
  await keystone.authenticate(keystone.server.issue());
  keystone.pass(3_600_000 - 30_000);

  await keystone.authenticate(keystone.server.issue());

  assert.equal(keystone.server.count('POST', tokens), 2);
});

test('a wrong password of the service user is nobody else’s fault', async () => {
  const credentials = { ...passwordCredentials, password: 'wrong' };
  await using keystone = await startKeystone({ credentials });
  const token = keystone.server.issue();

  await assert.rejects(keystone.authenticate(token), unavailable);
});

test('a refused login is not tried again on each request, lest the account be locked', async () => {
  const credentials = { ...passwordCredentials, password: 'wrong' };
  await using keystone = await startKeystone({ credentials });
  const ask = () => keystone.authenticate(keystone.server.issue());
  for (let n = 0; n < 5; n += 1) await assert.rejects(ask(), unavailable);
  const before = keystone.server.count('POST', tokens);

  keystone.pass(5_000);
  await assert.rejects(ask(), unavailable);

  assert.equal(before, 1);
  assert.equal(keystone.server.count('POST', tokens), 2);
});

test('no failure has a secret in it', async () => {
  const credentials = { ...passwordCredentials, password: 'a wrong one' };
  await using keystone = await startKeystone({ credentials });
  const token = keystone.server.issue();

  const failure = await Promise.resolve()
    .then(() => keystone.authenticate(token))
    .then(
      () => assert.fail('It passed.'),
      (error: unknown) => error,
    );

  let told = '';
  for (let at: unknown = failure; at instanceof Error; at = at.cause) {
    told += `${at.stack} ${JSON.stringify(at)}`;
  }
  assert.match(told, /The service user cannot log in: Keystone answered 401/);
  assert(!told.includes('a wrong one'));
  assert(!told.includes(token));
});

test('a login that fails in passing is tried again', async () => {
  await using keystone = await startKeystone();
  let failures = 2;
  keystone.server.answerBy((_request, response, usual) => {
    failures -= 1;
    if (failures >= 0) sendError(response, 503);
    else usual();
  });

  const caller = await keystone.authenticate(keystone.server.issue());

  assert.equal(caller.userId, 'u1');
});
