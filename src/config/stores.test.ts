import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../../test/support/config.ts';
import type { ConfigError } from '../config.ts';
import { remoteStoreOf } from './stores.ts';

const s3 = 'store: s3\ns3_store_bucket: images\n';
const swift = `
store: swift
swift_store_auth_address: https://keystone.example.com/v3
swift_store_user: service:vitrine
swift_store_key: hunter2
`;

function settingsOf(file: string) {
  return remoteStoreOf(configOf(file), assert.fail);
}

function problemsOf(file: string): readonly string[] {
  try {
    configOf(file);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

test('images are in files unless a setting says otherwise', () => {
  assert.equal(settingsOf(''), undefined);
  assert.equal(settingsOf('s3_store_bucket: images'), undefined);
});

test('a bucket is all that S3 wants, and the SDK looks for the rest', () => {
  assert.deepEqual(settingsOf(s3), {
    kind: 's3',
    endpoint: undefined,
    region: undefined,
    credentials: undefined,
    pathStyle: false,
    bucket: 'images',
    prefix: '',
    createsBucket: false,
    partSize: 10 * 1024 * 1024,
    timeout: 60_000,
    ca: undefined,
  });
});

test('the bucket is in the path where there is a host, unless said otherwise', () => {
  const styleOf = (file: string) => Object(settingsOf(s3 + file)).pathStyle;
  const host = 's3_store_host: https://s3.example.com/\n';

  assert.equal(styleOf(host), true);
  assert.equal(styleOf(`${host}s3_store_bucket_url_format: virtual`), false);
  assert.equal(styleOf('s3_store_bucket_url_format: path'), true);
});

test('a user of Swift has its project before it', () => {
  assert.deepEqual(Object(settingsOf(swift)).credentials, {
    version: '3',
    user: 'vitrine',
    key: 'hunter2',
    userDomain: 'Default',
    project: 'service',
    projectDomain: 'Default',
    region: undefined,
    endpointType: 'public',
  });
  for (const version of ['1', '"1"']) {
    const credentials = { version: '1', user: 'service:vitrine', key: 'hunter2' };
    const file = `${swift}swift_store_auth_version: ${version}`;
    assert.deepEqual(Object(settingsOf(file)).credentials, credentials);
  }
});

test('what is missing is told', () => {
  assert.deepEqual(problemsOf('store: s3'), ['s3_store_bucket: is wanted with store s3.']);
  assert.deepEqual(problemsOf(`${s3}s3_store_access_key: AKIA`), [
    's3_store_access_key, s3_store_secret_key: both are wanted, or none.',
  ]);
  assert.deepEqual(problemsOf('store: swift'), [
    'swift_store_auth_address: is wanted with store swift.',
    'swift_store_user: is wanted with store swift.',
    'swift_store_key: is wanted with store swift.',
  ]);
});

test('names that would be other places are refused', () => {
  for (const line of [
    's3_store_bucket: ../images',
    's3_store_prefix: /images',
    's3_store_prefix: a//b',
    's3_store_host: https://key:secret@s3.example.com',
    'swift_store_container: a/b',
    'swift_store_user: vitrine',
  ]) {
    assert.equal(problemsOf(line).length, 1, line);
  }
});

test('a store of URLs stands beside one that takes data, and there is but one', () => {
  const list = (...entries: readonly string[]) => `stores: [${entries.join(', ')}]`;
  const web = '{ id: web, type: http }';
  const files = '{ id: files, type: file, filesystem_store_datadir: /srv/images }';

  assert.deepEqual(problemsOf(list(web, files)), []);
  for (const [entries, told] of [
    [[web], /a store that takes data is wanted/],
    [['{ id: web, type: http, default: true }', files], /default: a store of type http/],
    [[web, '{ id: more, type: http }', files], /the same place/],
  ] as const) {
    const [problem = '', ...rest] = problemsOf(list(...entries));
    assert.match(problem, told);
    assert.deepEqual(rest, []);
  }
});
