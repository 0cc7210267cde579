import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startIdentity } from '../support/identity.ts';
import { startKeystoneService } from '../support/keystone-service.ts';
import { startServer } from '../support/running-server.ts';
import { passwordOf } from '../support/running-service.ts';
import { checkLog, noteSecret } from '../support/secrets.ts';
import { startTestService } from '../support/service.ts';

// Every test that runs a service looks at all that it logged. Here the services are brought to log a secret, by a
// client that names its request so, to see that it would be found.

/** An answer that leaves a line in the log, with the request's id. */
const shareWithNobody = { member: 'a project that nobody knows' };

test('a password in the log of a service in this process is found', async () => {
  const service = await startTestService();
  const password = await passwordOf(service.folder, 'producer');
  const { json } = await service.call('producer', 'POST', '/v2/images', {});

  await service.call('producer', 'POST', `/v2/images/${json.id}/members`, shareWithNobody, {
    'x-openstack-request-id': password,
  });

  await assert.rejects(
    async () => service[Symbol.asyncDispose](),
    /a secret is in the log: .*<secret>/,
  );
});

test('a token in the log of a service in this process is found, though no test knows it', async () => {
  const service = await startTestService();
  const { json } = await service.call('producer', 'POST', '/v2/images', {});

  await service.call('producer', 'POST', `/v2/images/${json.id}/members`, shareWithNobody, {
    'x-openstack-request-id': service.tokens.producer.slice(0, 60),
  });

  await assert.rejects(async () => service[Symbol.asyncDispose](), /a token is in the log/);
});

test('a token of Keystone in the log of a service behind it is found', async () => {
  const service = await startKeystoneService();
  const token = service.keystone.issue();
  const headers = { 'x-auth-token': token };
  const { json } = await service.send('POST', '/v2/images', {}, headers);

  await service.send('POST', `/v2/images/${json.id}/members`, shareWithNobody, {
    ...headers,
    'x-openstack-request-id': token.slice(0, 60),
  });

  await assert.rejects(async () => service[Symbol.asyncDispose](), /a token is in the log/);
});

test('a password in what a process of the service says is found', async () => {
  const server = await startServer();
  const { url, dataDirectory } = server;
  const password = await passwordOf(dataDirectory, 'admin');

  // A refusal is audited, with the request's id.
  await fetch(`${url}/v2/images`, { headers: { 'x-openstack-request-id': password } });

  await assert.rejects(async () => server[Symbol.asyncDispose](), /a secret is in the log/);
});

test('a secret that a client has sent anywhere is a secret from then on', async () => {
  await using service = await startIdentity();
  const sent = 'a password sent by nobody but this test';
  const body = `{"auth": {"identity": {"password": {"user": {"password": "${sent}"`;

  await service.call({ method: 'POST', path: '/v3/auth/tokens', body });

  assert.throws(() => checkLog(`{"msg":"${sent}"}`), /a secret is in the log: {"msg":"<secret>"}/);
});

test('a log without a secret is in order', () => {
  noteSecret('a secret that is nowhere');

  assert.doesNotThrow(() => checkLog('{"level":30,"msg":"eyJ and gAAAAA begin tokens."}'));
});

test('no test starts a service but by what watches its log', async () => {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const starting = /from '[./]*src\/(server|http\/app|process|main)\.[jt]s'|src\/main\.[jt]s'/;
  const starters: string[] = [];
  for await (const name of glob('**/*.ts', { cwd: folder })) {
    const text = await readFile(join(folder, name), 'utf8');
    if (starting.test(text)) starters.push(name);
  }

  assert.deepEqual(starters.toSorted(), [
    // Has the start run modules that stand for the service.
    'acceptance/built-service.test.ts',
    // Watches the log of one that takes its accounts from another.
    'api/task-orders.test.ts',
    'contract/authorization/target.ts',
    'reliability/inspection.ts',
    'support/keystone-service.ts',
    'support/postgres/services.ts',
    'support/service-process.ts',
    'support/service.ts',
  ]);
});
