import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { test } from 'node:test';
import { runCommand } from '../support/command.ts';
import {
  loginBody,
  startIdentity,
  type TestIdentity,
  type TestIdentityOptions,
} from '../support/identity.ts';

/** A running service and a command line that finds it. */
async function startWithCommands(options: TestIdentityOptions = {}) {
  const service = await startIdentity(options);
  await service.listen();
  const env = { OS_CLIENT_CONFIG_FILE: service.cloudsFile };
  const run = (line: string | readonly string[], input?: string) =>
    runCommand(typeof line === 'string' ? line.split(' ') : line, {
      env,
      ...(input !== undefined && { input }),
    });
  return { service, run, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

async function canLogIn(service: TestIdentity, user: string, password: string) {
  const body = loginBody(user, password);
  return (await service.call({ method: 'POST', path: '/v3/auth/tokens', body })).json;
}

test('an organisation gets a project and a user with a few commands', async () => {
  await using started = await startWithCommands();
  const { run, service } = started;

  const project = await run('project create lab --json');
  const user = await run(
    'user create ada --project lab --email ada@lab.example --password-stdin --json',
    'difference engine\n',
  );
  const assignments = await run('role assignments --project lab');

  assert.equal(project.code, 0, project.err);
  assert.equal(user.code, 0, user.err);
  const { id, password } = JSON.parse(user.out);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(password, undefined);
  const { token } = await canLogIn(service, 'ada', 'difference engine');
  assert.equal(token.project.id, JSON.parse(project.out).id);
  assert.match(assignments.out, /^user +role +project +scope\nada +member +lab +project\n$/);
});

test('without a terminal the password is made up and printed this once', async () => {
  await using started = await startWithCommands();

  const made = await started.run('user create ada');
  const shown = await started.run('user show ada');

  const password = /^password +(\S+)$/m.exec(made.out)?.[1] ?? '';
  assert.equal(password.length, 24);
  assert.equal((await canLogIn(started.service, 'ada', password)).token.user.name, 'ada');
  assert.doesNotMatch(shown.out, /password/);
});

test('a password on the command line works, with a warning', async () => {
  await using started = await startWithCommands();

  const result = await started.run('user set-password producer --password sesame');

  assert.equal(result.code, 0);
  assert.match(result.err, /can be seen by others/);
  assert.doesNotMatch(result.out, /sesame/);
  assert.ok((await canLogIn(started.service, 'producer', 'sesame')).token);
});

test('a user is disabled, enabled and removed, by name or id', async () => {
  await using started = await startWithCommands();
  const { run } = started;
  const { id } = JSON.parse((await run('user show consumer --json')).out);

  const disabled = await run('user disable consumer --json');
  const enabled = await run(`user enable ${id} --json`);
  const removed = await run('user delete consumer');
  const list = await run('user list');

  assert.equal(JSON.parse(disabled.out).enabled, false);
  assert.equal(JSON.parse(enabled.out).enabled, true);
  assert.match(removed.out, /User consumer \([0-9a-f]{32}\) is removed\./);
  assert.match(list.out, /^id +name +enabled +email$/m);
  assert.doesNotMatch(list.out, /consumer/);
});

test('a project is disabled, enabled and removed', async () => {
  await using started = await startWithCommands();
  const { run } = started;

  const disabled = await run('project disable consumer --json');
  const enabled = await run('project enable consumer --json');
  await run('project delete consumer');
  const list = await run('project list --json');

  assert.equal(JSON.parse(disabled.out).enabled, false);
  assert.equal(JSON.parse(enabled.out).enabled, true);
  const names = JSON.parse(list.out).map((project: { name: string }) => project.name);
  assert.deepEqual(names, ['admin', 'producer']);
});

test('a role is given and taken, in a project or on the system', async () => {
  await using started = await startWithCommands();
  const { run } = started;

  const added = await run('role add reader --user producer --project consumer');
  const system = await run('role add admin --user producer --system');
  const held = await run('role assignments --user producer --json');
  const removed = await run('role remove reader --user producer --project consumer');
  const absent = await run('role remove reader --user producer --project consumer');

  assert.equal(added.out, 'producer is reader in consumer.\n');
  assert.equal(system.code, 0);
  assert.deepEqual(JSON.parse(held.out), [
    { user: 'producer', role: 'member', project: 'producer', scope: 'project' },
    { user: 'producer', role: 'reader', project: 'consumer', scope: 'project' },
    { user: 'producer', role: 'admin', project: null, scope: 'system' },
  ]);
  assert.equal(removed.code, 0);
  assert.equal(absent.code, 1);
});

test('a misused command ends with 2, a refused one with 1, and both say what to do', async () => {
  await using started = await startWithCommands();
  const { run } = started;

  const misused = await run('user create');
  const nowhere = await run('role add reader --user producer');
  const noCloud = await run('user list --os-cloud elsewhere');
  const unknown = await run('user show nobody');
  const taken = await run('project create admin');
  const forbidden = await run('user list --os-cloud vitrine-producer');
  const help = await run('--help');

  assert.equal(misused.code, 2);
  assert.deepEqual([nowhere.code, nowhere.err.includes('--system')], [2, true]);
  assert.deepEqual([noCloud.code, noCloud.err.includes('vitrine-producer')], [2, true]);
  assert.deepEqual([unknown.code, unknown.err.includes('vitrine user list')], [1, true]);
  assert.deepEqual([taken.code, taken.err.includes('already')], [1, true]);
  assert.deepEqual([forbidden.code, forbidden.err.includes('admin')], [1, true]);
  assert.deepEqual([help.code, help.out.includes('project')], [0, true]);
});

test('a service that is not running and a file that is not there are told apart', async () => {
  await using started = await startWithCommands();
  const { cloudsFile, folder } = started.service;
  await appendFile(
    cloudsFile,
    '  gone:\n    auth: {auth_url: "http://127.0.0.1:1/v3", username: a, password: b}\n',
  );

  const stopped = await started.run('user list --os-cloud gone');
  const noFile = await runCommand(['user', 'list'], { env: { VITRINE_DATA_DIR: folder + folder } });

  assert.equal(stopped.code, 1);
  assert.match(stopped.err, /Nothing answers at http:\/\/127\.0\.0\.1:1\. Is the service running/);
  assert.equal(noFile.code, 2);
  assert.match(noFile.err, /Start the service once/);
});

test('an application credential in clouds.yaml logs in as well', async () => {
  await using started = await startWithCommands();
  const { service, run } = started;
  const token = await service.token('admin');
  const { user } = await service.identity.tokens.authorize(token);
  const made = await service.call({
    method: 'POST',
    path: `/v3/users/${user.id}/application_credentials`,
    token,
    body: { application_credential: { name: 'ci' } },
  });
  const { id, secret } = made.json.application_credential;
  const url = JSON.stringify(`http://${service.app.listeningOrigin.slice(7)}/identity/v3`);
  const auth = `{auth_url: ${url}, application_credential_id: ${id}, application_credential_secret: "${secret}"}`;
  await appendFile(service.cloudsFile, `  ci:\n    auth: ${auth}\n`);

  const result = await run('project list --os-cloud ci');

  assert.equal(result.code, 0, result.err);
  assert.match(result.out, /consumer/);
});

test('an application credential is made, used, listed, shown and removed', async () => {
  await using started = await startWithCommands();
  const { service, run } = started;

  const made = await run([
    ...['credential', 'create', 'ci', '--role', 'reader', '--role', 'member'],
    ...['--description', 'the build', '--expires', '2026-02-01T00:00:00+01:00'],
    ...['--access-rule', 'GET /v2/images/**', '--access-rule', 'identity GET /v3/projects'],
    ...['--os-cloud', 'vitrine-producer', '--json'],
  ]);
  const list = await run('credential list --os-cloud vitrine-producer');
  const byAdmin = await run('credential show ci --user producer');

  assert.equal(made.code, 0, made.err);
  const { secret, ...shown } = JSON.parse(made.out);
  assert.partialDeepStrictEqual(shown, {
    name: 'ci',
    description: 'the build',
    roles: 'member, reader',
    expires_at: '2026-01-31T23:00:00.000000Z',
    unrestricted: false,
    access_rules: 'image GET /v2/images/**, identity GET /v3/projects',
  });
  const identity = {
    methods: ['application_credential'],
    application_credential: { id: shown.id, secret },
  };
  const login = await service.call({
    method: 'POST',
    path: '/v3/auth/tokens',
    body: { auth: { identity } },
  });
  assert.equal(login.status, 201);
  assert.match(
    list.out,
    /^id +name +roles +expires_at +description\n\S+ +ci +member, reader +2026/,
  );
  assert.match(byAdmin.out, /^name +ci$/m);
  assert(!list.out.includes(secret) && !byAdmin.out.includes(secret));

  const removed = await run('credential delete ci --os-cloud vitrine-producer');
  const gone = await run('credential show ci --os-cloud vitrine-producer');

  assert.match(removed.out, /^Application credential ci \(.*\) is removed\.\n$/);
  assert.deepEqual([gone.code, gone.err.includes('vitrine credential list')], [1, true]);
});

test('an application credential that makes no sense, or is not allowed, is refused', async () => {
  await using started = await startWithCommands();
  const { run } = started;
  const create = ['credential', 'create', 'ci', '--os-cloud', 'vitrine-producer'];

  const time = await run([...create, '--expires', 'soon']);
  const past = await run([...create, '--expires', '2020-01-01T00:00:00Z']);
  const rule = await run([...create, '--access-rule', '/v2/images']);
  const role = await run([...create, '--role', 'admin']);
  const others = await run('credential list --user admin --os-cloud vitrine-producer');

  assert.deepEqual([time.code, time.err.includes('30d')], [2, true]);
  assert.deepEqual([past.code, past.err.includes('future')], [1, true]);
  assert.deepEqual([rule.code, rule.err.includes('GET /v2/images/**')], [2, true]);
  assert.deepEqual([role.code, role.err.includes('roles')], [1, true]);
  assert.equal(others.code, 1);
});

test('a user gives itself a new password, and an admin unlocks who tried too many', async () => {
  await using started = await startWithCommands({ lockout: { failures: 2, duration: 60_000 } });
  const { run, service } = started;

  const changed = await run(
    'user password --password-stdin --os-cloud vitrine-producer',
    'an engine\n',
  );
  const stale = await run('user password --os-cloud vitrine-producer');
  await canLogIn(service, 'producer', 'wrong');
  const locked = await canLogIn(service, 'producer', 'an engine');
  const unlocked = await run('user unlock producer');
  const { token } = await canLogIn(service, 'producer', 'an engine');

  assert.deepEqual([changed.code, changed.err], [0, '']);
  assert.deepEqual([stale.code, stale.err.includes('clouds.yaml')], [1, true]);
  assert.equal(locked.error.code, 401);
  assert.equal(unlocked.out, 'User producer can log in again.\n');
  assert.equal(token.user.name, 'producer');
});

test('a disabled user is not unlocked, but told to be disabled', async () => {
  await using started = await startWithCommands();
  await started.run('user disable consumer');

  const unlocked = await started.run('user unlock consumer');
  const shown = await started.run('user show consumer --json');

  assert.deepEqual([unlocked.code, unlocked.err.includes('user enable')], [2, true]);
  assert.equal(JSON.parse(shown.out).enabled, false);
});

test('keys are listed and rotated, and the others dropped', async () => {
  await using started = await startWithCommands();
  const { run, service } = started;
  const before = await service.token('producer');
  service.pass(1000);

  const rotated = await run('key rotate --json');
  const list = await run('key list');
  service.pass(1000);
  const dropped = await run('key rotate --drop-others --json');

  assert.equal(JSON.parse(rotated.out).length, 2, rotated.err);
  assert.match(list.out, /^id +signs +created_at +needed_until\n\S+ +yes +\S+ +-\n\S+ +no +2026/);
  assert.equal(JSON.parse(dropped.out).length, 1, dropped.err);
  assert.equal((await service.call({ path: '/v3/auth/projects', token: before })).status, 401);
});
