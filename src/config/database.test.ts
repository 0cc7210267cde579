import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseSettings } from './database.ts';

function read(value: unknown) {
  const problems: string[] = [];
  const address = databaseSettings.databaseUrl.read(
    value,
    (text) => problems.push(text),
    undefined,
  );
  return { address, problems };
}

test('a URL names the database and who uses it', () => {
  const { address } = read('postgresql://vit%40rine:p%2Fw@[2001:db8::1]:6000/im%20ages');

  assert.deepEqual(address, {
    host: '2001:db8::1',
    port: 6000,
    database: 'im ages',
    user: 'vit@rine',
    password: 'p/w',
    tls: 'verified',
    caFile: undefined,
  });
});

const modes: readonly (readonly [url: string, tls: string])[] = [
  ['postgres://a@db.example.org/b', 'verified'],
  ['postgres://a@localhost/b', 'none'],
  ['postgres://a@127.0.0.1/b', 'none'],
  ['postgres://a@[::1]/b', 'none'],
  ['postgres://a@localhost/b?host=/run/postgresql', 'none'],
  ['postgres://a@db.example.org/b?sslmode=disable', 'none'],
  ['postgres://a@db.example.org/b?sslmode=require', 'unverified'],
  ['postgres://a@localhost/b?sslmode=verify-full', 'verified'],
];

for (const [url, tls] of modes) {
  test(`${url} is sent ${tls === 'none' ? 'in the clear' : `encrypted, ${tls}`}`, () => {
    assert.equal(read(url).address?.tls, tls);
  });
}

test('certificates to believe are named by their file', () => {
  const { address } = read('postgres://a@b/c?sslrootcert=%2Fetc%2Fca.pem');

  assert.equal(address?.caFile, '/etc/ca.pem');
});

const wrong: readonly (readonly [value: unknown, problem: RegExp | undefined])[] = [
  [
    'postgres://a:secret@b/c?sslmode=prefer',
    /sslmode must be one of disable, require, verify-full/,
  ],
  [
    'postgres://a:secret@b/c?sslmode=require&sslrootcert=/etc/ca.pem',
    /sslrootcert is for sslmode=verify-full/,
  ],
  ['postgres://a:secret@b/c?application_name=x', /the parameter application_name is not known/],
  ['postgres://b/c', /a user, a host and a database/],
  ['postgres://a:secret@b', /a user, a host and a database/],
  ['postgres://a:%ff@b/c', /a user, a host and a database/],
  ['mysql://a:secret@b/c', undefined],
  ['/var/lib/vitrine.db', undefined],
  [5, undefined],
];

for (const [value, problem] of wrong) {
  test(`${String(value)} is refused without a word of its password`, () => {
    const { address, problems } = read(value);

    assert.equal(address, undefined);
    assert.equal(problems.length, problem ? 1 : 0);
    if (problem) assert.match(problems.join(), problem);
    assert.doesNotMatch(problems.join(), /:secret@|%ff/);
  });
}
