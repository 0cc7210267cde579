import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../../test/support/config.ts';
import { type ConfigError, loadConfig } from '../config.ts';
import { keystoneSettingsOf } from './keystone.ts';

const byPassword = `
identity: keystone
keystone_auth_url: http://keystone.example.com:5000
keystone_username: vitrine
keystone_password: hunter2
keystone_project_name: service
`;

function settingsOf(file: string, environment: Readonly<Record<string, string>> = {}) {
  return keystoneSettingsOf(configOf(file, environment), assert.fail);
}

function problemsOf(file: string): readonly string[] {
  try {
    configOf(file);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

test('the embedded identity service needs no settings, and takes no notice of Keystone’s', () => {
  assert.equal(settingsOf(''), undefined);
  assert.equal(settingsOf('keystone_password: hunter2'), undefined);
});

test('a password, a user and a project say how to ask Keystone', () => {
  assert.deepEqual(settingsOf(byPassword), {
    url: 'http://keystone.example.com:5000/v3',
    wwwAuthenticateUri: 'http://keystone.example.com:5000/v3',
    credentials: {
      kind: 'password',
      username: 'vitrine',
      password: 'hunter2',
      userDomain: { name: 'Default' },
      scope: { kind: 'project', name: 'service', domain: { name: 'Default' } },
    },
    cacheTime: 300_000,
    nameCacheTime: 600_000,
    timeout: 10_000,
    ca: undefined,
  });
});

test('every setting can come from the environment', () => {
  const settings = settingsOf('', {
    VITRINE_IDENTITY: 'keystone',
    VITRINE_KEYSTONE_AUTH_URL: 'https://keystone.internal/identity/v3/',
    VITRINE_KEYSTONE_WWW_AUTHENTICATE_URI: 'https://keystone.example.com',
    VITRINE_KEYSTONE_USERNAME: 'vitrine',
    VITRINE_KEYSTONE_PASSWORD: 'hunter2',
    VITRINE_KEYSTONE_USER_DOMAIN_ID: 'u',
    VITRINE_KEYSTONE_USER_DOMAIN_NAME: 'not used beside an id',
    VITRINE_KEYSTONE_PROJECT_NAME: 'service',
    VITRINE_KEYSTONE_PROJECT_DOMAIN_NAME: 'Services',
    VITRINE_KEYSTONE_TOKEN_CACHE_TIME: '0',
    VITRINE_KEYSTONE_NAME_CACHE_TIME: '60',
    VITRINE_KEYSTONE_TIMEOUT: '3',
  });

  assert.deepEqual(settings, {
    url: 'https://keystone.internal/identity/v3',
    wwwAuthenticateUri: 'https://keystone.example.com',
    credentials: {
      kind: 'password',
      username: 'vitrine',
      password: 'hunter2',
      userDomain: { id: 'u' },
      scope: { kind: 'project', name: 'service', domain: { name: 'Services' } },
    },
    cacheTime: 0,
    nameCacheTime: 60_000,
    timeout: 3000,
    ca: undefined,
  });
});

test('the service user may have its roles on the system', () => {
  const settings = settingsOf(`${byPassword}keystone_system_scope: all`);

  assert.deepEqual(settings?.credentials.kind === 'password' && settings.credentials.scope, {
    kind: 'system',
  });
});

test('an application credential counts before a password', () => {
  const settings = settingsOf(`${byPassword}
keystone_application_credential_id: c1
keystone_application_credential_secret: s1
`);

  assert.deepEqual(settings?.credentials, {
    kind: 'application_credential',
    id: 'c1',
    secret: 's1',
  });
});

test('certificates are read from the file that the setting names', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
  const files: Readonly<Record<string, string>> = {
    'vitrine.yaml': `${byPassword}keystone_cafile: /etc/ca.pem`,
    '/etc/ca.pem': pem,
  };

  const config = loadConfig({ VITRINE_CONFIG: 'vitrine.yaml' }, (path) => files[path] ?? '');

  assert.equal(config.keystoneCafile, pem);
});

test('what is missing is told at once', () => {
  const problems = problemsOf('identity: keystone');

  assert.equal(problems.length, 2);
  assert.match(problems[0] ?? '', /^keystone_auth_url: is wanted/);
  assert.match(problems[1] ?? '', /^identity: keystone wants keystone_username, /);
});

test('what makes no sense is told with its place', () => {
  const problems = problemsOf(
    'identity: fernet\nkeystone_auth_url: ftp://x\nkeystone_timeout: 0\nkeystone_cafile: a',
  );

  assert.deepEqual(
    problems.map((one) => one.split(': ', 2).join(' ')),
    [
      'vitrine.yaml:1 identity',
      'vitrine.yaml:2 keystone_auth_url',
      'vitrine.yaml:3 keystone_timeout',
      'vitrine.yaml:4 keystone_cafile',
    ],
  );
});

for (const line of [
  'keystone_password: "hunter2',
  'keystone_password: *hunter2',
  'keystone_password: @hunter2',
  'keystone_password: [hunter2',
  'keystone_password: hunter2: x',
  'keystone_password: | hunter2',
  'keystone_password: |hunter2',
  'keystone_password: >hunter2\n  more',
  'keystone_password: }hunter2',
  'keystone_password: "hunter2" more',
  'keystone_password: "\\xhunter2"',
  'keystone_password:\n  - hunter2',
]) {
  test(`a password is in no message, though it is written as ${JSON.stringify(line)}`, () => {
    const problems = problemsOf(line).join('\n');

    assert.notEqual(problems, '');
    assert.doesNotMatch(problems, /hu/);
  });
}

for (const login of ['vitrine:hunter2', 'vitrine', ':hunter2']) {
  test(`a URL is refused and not told with the login ${login} in it`, () => {
    const problems = problemsOf(`keystone_auth_url: http://${login}@keystone.example.com`);

    assert.deepEqual(problems, [
      'vitrine.yaml:1: keystone_auth_url: an http or https URL without a login or query is wanted.',
    ]);
  });
}
