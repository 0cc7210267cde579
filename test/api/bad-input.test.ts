import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SignJWT } from 'jose';
import { listSigningKeys } from '../../src/database/signing-keys.ts';
import { tokenSigner } from '../../src/identity/tokens.ts';
import { isOnPostgres } from '../support/database.ts';
import { createImage, patchType, share } from '../support/images.ts';
import { rawConnection } from '../support/raw-connection.ts';
import { type Headers, sharedService } from '../support/service.ts';

const service = await sharedService();
const { id } = await createImage(service);
await share(service, id, 'consumer');
const image = `/v2/images/${id}`;
const members = `${image}/members`;
const mine = `${members}/${service.projects.consumer}`;
const bytes = (...values: readonly number[]) => Buffer.from(values);
const deep = `{"a": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;

/** What any JSON call is told of a body that is none. */
const bodies: readonly (readonly [
  what: string,
  body: string | Buffer | undefined,
  text: RegExp,
])[] = [
  ['no body', undefined, /no body/],
  ['an empty body', '', /no body/],
  ['malformed JSON', '{bad', /malformed JSON/],
  ['a bare number', '5', /object or list/],
  ['a bare string', '"x"', /object or list/],
  ['a bare null', 'null', /object or list/],
  ['bytes that are not UTF-8', bytes(0x7b, 0xff, 0x7d), /not valid UTF-8/],
  ['a NUL', bytes(0), /malformed JSON/],
];

type JsonCall = readonly [method: string, path: string, headers?: Headers];
const jsonCalls: readonly JsonCall[] = [
  ['POST', '/v2/images'],
  ['PATCH', image, patchType],
  ['POST', members],
  ['PUT', mine],
];

for (const [method, path, headers] of jsonCalls) {
  describe(`${method} ${path.replace(/[0-9a-f-]{32,36}/g, '…')}`, () => {
    for (const [what, body, text] of bodies) {
      test(`with ${what} is 400`, async () => {
        const answer = await service.call('consumer', method, path, body, headers);

        assert.equal(answer.status, 400);
        assert.match(answer.text, text);
      });
    }

    test(`with the wrong one of list and object is 400`, async () => {
      const wrong = method === 'PATCH' ? '{}' : '[]';

      const answer = await service.call('consumer', method, path, wrong, headers);

      assert.equal(answer.status, 400);
      assert.match(answer.text, /must be a/);
    });

    test('with JSON as deep as it gets is 400', async () => {
      const answer = await service.call('consumer', method, path, deep, headers);

      assert.equal(answer.status, 400);
    });

    test('with 10 MB is 413', async () => {
      const body = `{"name": "${'x'.repeat(10_000_000)}"}`;

      const answer = await service.call('consumer', method, path, body, headers);

      assert.equal(answer.status, 413);
      assert.match(answer.text, /larger than this call takes/);
    });

    test('with 10 MB in chunks is 413', async () => {
      const chunked = { ...headers, 'transfer-encoding': 'chunked' };
      const body = `{"name": "${'x'.repeat(10_000_000)}"}`;

      const answer = await service.call('consumer', method, path, body, chunked);

      assert.equal(answer.status, 413);
    });
  });
}

describe('whom to share with', () => {
  const values: readonly (readonly [what: string, body: unknown])[] = [
    ['nobody', {}],
    ['the key of answers', { member_id: 'x' }],
    ['empty text', { member: '' }],
    ['null', { member: null }],
    ['false', { member: false }],
    ['a number', { member: 7 }],
    ['a list', { member: ['a'] }],
    ['an object', { member: { a: 1 } }],
    ['256 characters', { member: 'x'.repeat(256) }],
    ['a 4-byte character', { member: 'a😀' }],
    ['half of one', '{"member": "a\\ud83d"}'],
  ];
  for (const [what, body] of values) {
    test(`is not ${what}`, async () => {
      const answer = await service.call('producer', 'POST', members, body);

      assert.equal(answer.status, 400);
      assert.match(answer.text, /member: /);
    });
  }
});

describe('an answer', () => {
  for (const status of [undefined, null, '', 'yes', 'ACCEPTED', 5, true, ['accepted'], {}]) {
    test(`is not ${JSON.stringify(status)}`, async () => {
      const answer = await service.call('consumer', 'PUT', mine, { status });

      assert.equal(answer.status, 400);
      assert.match(answer.text, /status: .*pending, accepted or rejected/);
    });
  }
});

describe('an image', () => {
  const values: readonly (readonly [name: string, value: unknown])[] = [
    ['name', 'a😀'],
    ['tags', ['😀']],
    ['os_distro', '😀'],
    ['name', 5],
    ['name', 'x'.repeat(256)],
    ['id', '../../etc/passwd'],
    ['id', '00000000-0000-0000-0000-00000000000g'],
    ['min_disk', 1e300],
    ['disk_format', '__proto__'],
    ['visibility', 'constructor'],
  ];
  for (const [name, value] of values) {
    test(`has no ${name} ${JSON.stringify(value).slice(0, 30)}`, async () => {
      const answer = await service.call('producer', 'POST', '/v2/images', { [name]: value });

      assert.equal(answer.status, 400);
      assert.match(answer.text, new RegExp(`${name}: `));
    });
  }

  test('may be named with what looks like an attack, and keeps it', async () => {
    // PostgreSQL has no such character, see below.
    const nul = isOnPostgres() ? [] : ['\u0000'];
    for (const name of ["'; drop table images; --", '<script>', '../..', ...nul, '\\']) {
      const answer = await service.call('producer', 'POST', '/v2/images', { name });
      const found = await service.call(
        'producer',
        'GET',
        `/v2/images?${new URLSearchParams({ name: `eq:${name}` }).toString()}`,
      );

      assert.equal(answer.json.name, name);
      assert.deepEqual(
        found.json.images.map((one: { id: string }) => one.id),
        [answer.json.id],
      );
    }
  });

  test('is refused where the database cannot keep its text', async (context) => {
    if (!isOnPostgres()) return context.skip('SQLite keeps any text');
    const nul = { name: 'a\u0000b' };

    const named = await service.call('producer', 'POST', '/v2/images', nul);
    const tagged = await service.call('producer', 'POST', '/v2/images', { tags: ['\u0000'] });
    const other = await service.call('producer', 'POST', '/v2/images', { other: '\ud800' });
    const found = await service.call('producer', 'GET', '/v2/images?name=%00');

    for (const { status, text } of [named, tagged, found]) {
      assert.equal(status, 400);
      assert.match(text, /U\+0000/);
    }
    assert.ok([201, 400].includes(other.status));
  });
});

describe('a list', () => {
  for (const query of [
    ...['limit=-1', 'limit=x', 'marker=x', 'sort_key=x', 'sort_dir=x', 'sort=x:y'],
    ...['visibility=x', 'member_status=x', 'os_hidden=x', 'protected=True', 'size_min=x'],
    ...['created_at=x', 'updated_at=foo:2020-01-01', 'name=foo:bar', 'changes-since=2020-01-01'],
  ]) {
    test(`cannot be asked for with ${query}`, async () => {
      const answer = await service.call('producer', 'GET', `/v2/images?${query}`);

      assert.equal(answer.status, 400);
      assert.ok(answer.text.includes(`${query.split('=')[0]}: `), answer.text);
    });
  }
});

describe('a token', () => {
  const call = (token: string) =>
    service.call('nobody', 'GET', image, undefined, { 'x-auth-token': token });

  for (const [what, token] of [
    ['empty', ''],
    ['malformed', 'nonsense'],
    ['almost a token', 'a.b.c'],
    ['too long', 'x'.repeat(9_000)],
    ['a password hash', '$scrypt$x'],
  ] as const) {
    test(`that is ${what} opens nothing`, async () => {
      assert.equal((await call(token)).status, 401);
    });
  }

  test('that was changed in any part opens nothing', async () => {
    const [head = '', payload = '', signature = ''] = service.tokens.producer.split('.');
    const other = service.tokens.admin.split('.');
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');

    for (const token of [
      `${head}.${other[1]}.${signature}`,
      `${head}.${payload}.${other[2]}`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      `${unsigned}.${payload}.`,
    ]) {
      assert.equal((await call(token)).status, 401);
    }
  });

  test('of another key opens nothing', async () => {
    const [head = '', payload = ''] = service.tokens.producer.split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    const forged = await new SignJWT(read(payload))
      .setProtectedHeader(read(head))
      .sign(Buffer.alloc(32, 'another key'));

    assert.equal((await call(forged)).status, 401);
  });

  test('that is past its time opens nothing, though its key is right', async () => {
    await using database = await service.openDatabase();
    const keys = await listSigningKeys(database.read);
    const [key] = keys;
    assert(key);
    const known = { current: async () => key, find: async () => key };
    const signer = tokenSigner({ keys: known, now: Date.now });
    const session = await signer.verify(service.tokens.producer);
    const until = (time: number) => signer.sign({ ...session, expiresAt: new Date(time) });

    assert.equal((await call(await until(Date.now() - 1_000))).status, 401);
    assert.equal((await call(await until(Date.now() + 60_000))).status, 200);
  });

  test('that was revoked opens nothing any more', async () => {
    const scope = { project: { id: service.projects.producer } };
    const identity = { methods: ['token'], token: { id: service.tokens.producer } };
    const login = await service.call('nobody', 'POST', '/identity/v3/auth/tokens', {
      auth: { identity, scope },
    });
    const token = String(login.headers['x-subject-token']);
    const before = await call(token);

    await service.call('admin', 'DELETE', '/identity/v3/auth/tokens', undefined, {
      'x-subject-token': token,
    });

    assert.equal(before.status, 200);
    assert.equal((await call(token)).status, 401);
    assert.equal((await service.call('producer', 'GET', image)).status, 200, 'its parent lives on');
  });

  test('twice in one request opens nothing', async () => {
    await using connection = await rawConnection(service.port);
    const token = `X-Auth-Token: ${service.tokens.producer}\r\n`;

    connection.write(`GET ${image} HTTP/1.1\r\nHost: x\r\n${token}${token}\r\n`);

    assert.match(await connection.until(/\r\n\r\n/), /^HTTP\/1.1 401 /);
  });
});

describe('what is no HTTP', () => {
  const requests: Readonly<Record<string, string>> = {
    'an unknown method': 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n',
    'no host': 'GET / HTTP/1.1\r\n\r\n',
    nonsense: 'nonsense\r\n\r\n',
    'a NUL in a header': 'GET / HTTP/1.1\r\nHost: x\r\nX: \0\r\n\r\n',
    'two lengths':
      'POST /v2/images HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    'a length and chunks':
      'POST /v2/images HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a negative length': 'POST /v2/images HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'a TLS greeting': '\x16\x03\x01\x02\x00\x01',
  };
  for (const [what, request] of Object.entries(requests)) {
    test(`${what} is refused`, async () => {
      await using connection = await rawConnection(service.port);

      connection.write(request);
      const answer = await connection.until(/\r\n\r\n/);

      assert.match(answer, /^HTTP\/1.1 400 /);
    });
  }

  for (const [what, head] of [
    ['100,000 headers', `GET / HTTP/1.1\r\nHost: x\r\n${'X-A: b\r\n'.repeat(100_000)}\r\n`],
    [
      'a header of 100,000 characters',
      `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
    ],
    [
      'a path of 100,000 characters',
      `GET /v2/images/${'x'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    ],
  ] as const) {
    test(`${what} are too much`, async () => {
      await using connection = await rawConnection(service.port);

      connection.write(head);
      const answer = await connection.until(/\r\n\r\n/);

      assert.match(answer, /^HTTP\/1.1 431 /);
    });
  }

  test('leaves the service as it was', async () => {
    assert.equal((await service.call('producer', 'GET', image)).status, 200);
  });
});
