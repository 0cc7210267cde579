import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { openstack, openstackJson, refused, rows, succeeded } from './clients.ts';
import { type Account, openCloud } from './cloud.ts';

const cloud = await openCloud();
after(() => cloud[Symbol.asyncDispose]());
const { admin, producer } = cloud;

interface Fields {
  readonly [field: string]: unknown;
}

/** An account whose login the client takes from its environment alone. */
function by(login: Readonly<Record<string, string>>): Account {
  const { auth_url } = producer.auth;
  const environment = {
    HOME: cloud.directory,
    OS_AUTH_URL: auth_url,
    OS_IDENTITY_API_VERSION: '3',
    ...login,
  };
  return { ...producer, environment };
}

function byPassword(user: string, password: string, project: string): Account {
  return by({
    OS_USERNAME: user,
    OS_PASSWORD: password,
    OS_PROJECT_NAME: project,
    OS_USER_DOMAIN_ID: 'default',
    OS_PROJECT_DOMAIN_ID: 'default',
  });
}

const typesOf = (list: readonly Readonly<Record<string, string>>[]) =>
  list.map((row) => row['Type'] ?? '').toSorted();

const show = async (account: Account, ...args: string[]) =>
  (await openstackJson(account, args)) as Fields;

describe('an admin, with openstack', () => {
  test('makes, changes, lists, shows and deletes a project', async () => {
    const name = cloud.newName();

    const made = await show(admin, 'project', 'create', '--description', 'one', name);
    succeeded(
      await openstack(admin, ['project', 'set', '--description', 'two', '--disable', name]),
    );
    const shown = await show(admin, 'project', 'show', name);
    const listed = rows(await openstackJson(admin, ['project', 'list', '--long']));
    succeeded(await openstack(admin, ['project', 'delete', name]));

    assert.partialDeepStrictEqual(shown, { id: made['id'], description: 'two', enabled: false });
    assert(listed.some((row) => row['Name'] === name));
    refused(await openstack(admin, ['project', 'show', name]), /No project with a name or ID/);
  });

  test('makes, changes, lists, shows and deletes a user, which sets its own password', async () => {
    const [user, project] = [cloud.newName(), cloud.newName()];
    await show(admin, 'project', 'create', project);
    const made = await show(
      admin,
      'user',
      'create',
      '--project',
      project,
      '--password',
      'a first one',
      user,
    );
    succeeded(
      await openstack(admin, ['role', 'add', '--user', user, '--project', project, 'member']),
    );

    const own = byPassword(user, 'a first one', project);
    const changed = await openstack(own, [
      ...['user', 'password', 'set', '--original-password', 'a first one'],
      ...['--password', 'a second one'],
    ]);
    const issued = await show(byPassword(user, 'a second one', project), 'token', 'issue');
    refused(await openstack(own, ['token', 'issue']), /401/);
    succeeded(await openstack(admin, ['user', 'set', '--email', 'a@b.example', '--disable', user]));
    const shown = await show(admin, 'user', 'show', user);
    const listed = rows(await openstackJson(admin, ['user', 'list', '--long']));
    succeeded(
      await openstack(admin, ['user', 'set', '--enable', '--password', 'a third one', user]),
    );
    await show(byPassword(user, 'a third one', project), 'token', 'issue');
    succeeded(await openstack(admin, ['user', 'delete', user]));
    succeeded(await openstack(admin, ['project', 'delete', project]));

    succeeded(changed);
    assert.equal(issued['user_id'], made['id']);
    assert.partialDeepStrictEqual(shown, { id: made['id'], email: 'a@b.example', enabled: false });
    assert(listed.some((row) => row['Name'] === user));
    refused(await openstack(admin, ['user', 'show', user]), /No user with a name or ID/);
  });

  test('makes, changes, gives, takes and deletes a role', async () => {
    const [role, renamed] = [cloud.newName(), cloud.newName()];
    const place = ['--user', 'producer', '--project', 'consumer'];
    const assignments = async () =>
      rows(await openstackJson(admin, ['role', 'assignment', 'list', ...place, '--names']));

    const made = await show(admin, 'role', 'create', role);
    succeeded(await openstack(admin, ['role', 'set', '--name', renamed, role]));
    succeeded(await openstack(admin, ['role', 'add', ...place, renamed]));
    const given = await assignments();
    succeeded(await openstack(admin, ['role', 'remove', ...place, renamed]));
    const taken = await assignments();
    const shown = await show(admin, 'role', 'show', renamed);
    const listed = rows(await openstackJson(admin, ['role', 'list']));
    succeeded(await openstack(admin, ['role', 'delete', renamed]));

    assert.partialDeepStrictEqual(shown, { id: made['id'], name: renamed });
    assert.deepEqual(
      given.map((row) => row['Role']),
      [renamed],
    );
    assert.deepEqual(taken, []);
    assert(listed.some((row) => row['Name'] === 'reader'));
  });

  test('reads the catalog, its region, services and endpoints', async () => {
    const catalog = rows(await openstackJson(admin, ['catalog', 'list']));
    const regions = rows(await openstackJson(admin, ['region', 'list']));
    const services = rows(await openstackJson(admin, ['service', 'list']));
    const endpoints = rows(
      await openstackJson(admin, [
        'endpoint',
        'list',
        '--service',
        'image',
        '--interface',
        'public',
      ]),
    );
    const image = await show(admin, 'catalog', 'show', 'image');

    assert.deepEqual(typesOf(catalog), ['identity', 'image']);
    assert.equal(regions.length, 1);
    assert.deepEqual(typesOf(services), ['identity', 'image']);
    assert.equal(endpoints.length, 1);
    assert.equal(image['type'], 'image');
  });
});

describe('a user, with openstack', () => {
  test('revokes a token, which then opens nothing', async () => {
    const { id } = await show(producer, 'token', 'issue');
    const list = async () =>
      await fetch(`${producer.imageEndpoint}/v2/images`, {
        headers: { 'x-auth-token': String(id) },
      });
    const before = await list();

    succeeded(await openstack(producer, ['token', 'revoke', String(id)]));

    assert.deepEqual([before.status, (await list()).status], [200, 401]);
  });

  test('makes, lists, shows and deletes an application credential, which logs in', async () => {
    const name = cloud.newName();

    const made = await show(
      producer,
      ...['application', 'credential', 'create', '--role', 'reader', '--description', 'ci'],
      ...['--expiration', '2099-12-31T23:59:59', name],
    );
    const login = by({
      OS_AUTH_TYPE: 'v3applicationcredential',
      OS_APPLICATION_CREDENTIAL_ID: String(made['id']),
      OS_APPLICATION_CREDENTIAL_SECRET: String(made['secret']),
    });
    const images = await openstack(login, ['image', 'list']);
    const upload = await openstack(login, ['image', 'create', cloud.newName()]);
    const more = await openstack(login, ['application', 'credential', 'create', 'another']);
    const listed = rows(await openstackJson(producer, ['application', 'credential', 'list']));
    const shown = await show(producer, 'application', 'credential', 'show', name);
    succeeded(await openstack(producer, ['application', 'credential', 'delete', name]));

    succeeded(images);
    refused(upload, /403/);
    refused(more, /403/);
    assert(listed.some((row) => row['Name'] === name));
    assert.partialDeepStrictEqual(shown, { id: made['id'], description: 'ci' });
    refused(await openstack(login, ['image', 'list']), /401/);
  });

  test('makes an application credential with access rules, which opens what they name', async () => {
    const name = cloud.newName();
    const rule = { service: 'image', method: 'GET', path: '/v2/images' };

    const made = await show(
      producer,
      ...['application', 'credential', 'create', '--access-rules', JSON.stringify([rule]), name],
    );
    const login = by({
      OS_AUTH_TYPE: 'v3applicationcredential',
      OS_APPLICATION_CREDENTIAL_ID: String(made['id']),
      OS_APPLICATION_CREDENTIAL_SECRET: String(made['secret']),
    });
    const listed = await openstack(login, ['image', 'list']);
    const created = await openstack(login, ['image', 'create', cloud.newName()]);
    const rules = rows(await openstackJson(producer, ['access', 'rule', 'list']));
    succeeded(await openstack(producer, ['application', 'credential', 'delete', name]));

    succeeded(listed);
    refused(created, /401/);
    assert(rules.some((row) => row['Path'] === rule.path && row['Method'] === rule.method));
  });
});
