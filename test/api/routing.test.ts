import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createImage } from '../support/images.ts';
import { sharedService } from '../support/service.ts';

const service = await sharedService();
const image = await createImage(service);
const id = image.id;

const allowed: Readonly<Record<string, string>> = {
  '/v2/images': 'GET, POST',
  [`/v2/images/${id}`]: 'GET, PATCH, DELETE',
  [`/v2/images/${id}/file`]: 'GET, PUT',
  [`/v2/images/${id}/members`]: 'GET, POST',
  [`/v2/images/${id}/members/x`]: 'GET, PUT, DELETE',
  '/v2/schemas/image': 'GET',
  '/v2/schemas/members': 'GET',
};

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE'];

describe('a known path', () => {
  for (const [path, allow] of Object.entries(allowed)) {
    for (const method of methods.filter((name) => !allow.split(', ').includes(name))) {
      test(`${path} does not answer ${method}`, async () => {
        const answer = await service.call('producer', method, path);
        const anonymous = await service.call('nobody', method, path);

        assert.equal(answer.status, 405);
        assert.equal(answer.headers['allow'], allow);
        assert.equal(answer.text === '', method === 'HEAD');
        assert.equal(anonymous.status, 401);
      });
    }
  }

  for (const method of ['PROPFIND', 'M-SEARCH', 'TRACE']) {
    test(`is told of ${method} by its own name`, async () => {
      const known = await service.call('producer', method, '/v2/images');
      const unknown = await service.call('producer', method, '/v2/nonsense');

      assert.ok(known.text.includes(`${method} is not supported here; use GET, POST.`), known.text);
      assert.ok(unknown.text.includes(`The method ${method} is not implemented.`), unknown.text);
    });
  }

  test('says what it answers whatever the body is', async () => {
    const answer = await service.call('producer', 'DELETE', '/v2/images', '{bad');

    assert.equal(answer.status, 405);
  });
});

describe('an unknown path', () => {
  const paths = [
    '/v2/',
    '/v2/nonsense',
    '/v2/schemas',
    '/v2/schemas/nonsense',
    '/v2/images/',
    '/v2/images/?limit=1',
    `/v2/images/${id}/`,
    `/v2/images/${id}/nonsense`,
    `/v2/images/${id}/file/`,
    `/v2/images/${id}/members/`,
    `/v2/images/${id}/members/a/b`,
    '/v2//images',
    '/v2/images/../images',
    '/v2/Images',
  ];
  for (const path of paths) {
    test(`${path} is 404 after the token was asked for`, async () => {
      for (const method of ['GET', 'HEAD', 'DELETE', 'POST', 'PUT', 'PATCH']) {
        const answer = await service.call('producer', method, path);
        assert.equal(answer.status, 404, method);
      }
      const anonymous = await service.call('nobody', 'GET', path);
      assert.equal(anonymous.status, 401);
    });
  }

  test('is 501 for a method that the API has nowhere', async () => {
    assert.equal((await service.call('producer', 'PROPFIND', '/v2/nonsense')).status, 501);
  });
});

describe('text in a path', () => {
  const unknown = [
    'notauuid',
    '..',
    '.',
    '%2e%2e',
    'a%2fb',
    '..%2F..%2Fetc%2Fpasswd',
    '%00',
    `${id}%00`,
    `${id}%0a`,
    `${id}%20`,
    `%20${id}`,
    id.toUpperCase(),
    'ü',
    'x'.repeat(5_000),
    '-1',
    '__proto__',
    "' or 1=1 --",
  ];
  for (const text of unknown) {
    test(`${text.slice(0, 40)} is the id of no image`, async () => {
      const path = `/v2/images/${text.replaceAll(' ', '%20').replace('ü', '%C3%BC')}`;
      for (const suffix of ['', '/file', '/members', '/members/x']) {
        const answer = await service.call('producer', 'GET', path + suffix);
        assert.equal(answer.status, 404, suffix);
      }
      assert.equal((await service.call('producer', 'DELETE', path)).status, 404);
    });
  }

  test('has no characters of four bytes where an id is wanted', async () => {
    for (const path of ['/v2/images/%F0%9F%98%80', `/v2/images/${id}/members/%F0%9F%98%80`]) {
      const answer = await service.call('producer', 'GET', path);

      assert.equal(answer.status, 400);
      assert.match(answer.text, /The path: has a character above U\+FFFF/);
    }
  });

  test('is percent-decoded once', async () => {
    const encoded = id
      .replaceAll('-', '%2D')
      .replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`);
    const twice = encoded.replaceAll('%', '%25');

    assert.equal((await service.call('producer', 'GET', `/v2/images/${encoded}`)).status, 200);
    assert.equal((await service.call('producer', 'GET', `/v2/images/${twice}`)).status, 404);
  });

  for (const text of ['%FF', '%C3', '%C0%AF', '%zz', '%', '%E2%82', '%ED%A0%80']) {
    test(`${text} is not UTF-8, or not percent-encoded`, async () => {
      for (const path of [`/v2/images/${text}`, `/v2/images/${id}/members/${text}`]) {
        const answer = await service.call('producer', 'GET', path);

        assert.equal(answer.status, 400);
        assert.match(answer.text, /path is not valid/);
      }
      const query = await service.call('producer', 'GET', `/v2/images?name=${text}`);
      assert.equal(query.status, 400);
      assert.match(query.text, /query is not percent-encoded UTF-8/);
    });
  }
});

describe('a body where none is wanted', () => {
  const calls: readonly (readonly [method: string, path: string])[] = [
    ['GET', `/v2/images/${id}`],
    ['DELETE', '/v2/images/00000000-0000-0000-0000-000000000000'],
    ['GET', `/v2/images/${id}/file`],
    ['GET', `/v2/images/${id}/members`],
    ['GET', `/v2/images/${id}/members/x`],
    ['DELETE', `/v2/images/${id}/members/x`],
    ['GET', '/v2/schemas/image'],
    ['GET', '/v2/schemas/metadefs/namespaces'],
  ];
  for (const [method, path] of calls) {
    test(`is refused by ${method} ${path}, before anything is looked up`, async () => {
      for (const body of ['{}', 'x']) {
        const answer = await service.call('producer', method, path, body);

        assert.equal(answer.status, 400);
        assert.match(answer.text, /has a body; none is wanted/);
      }
      const empty = await service.call('producer', method, path, '');
      assert.notEqual(empty.status, 400);
    });
  }

  test('does not trouble the list of images', async () => {
    assert.equal((await service.call('producer', 'GET', '/v2/images', '{}')).status, 200);
  });
});
