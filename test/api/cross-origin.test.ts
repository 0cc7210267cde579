import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf } from '../support/config.ts';
import { createActiveImage, createImage, dataType } from '../support/images.ts';
import { type Headers, sharedService } from '../support/service.ts';

const origin = 'https://dashboard.example.com';
const { corsAllowedOrigins } = configOf(`cors_allowed_origins: ["${origin}"]`);
const service = await sharedService({ config: { corsAllowedOrigins } });
const open = await sharedService({ config: { corsAllowedOrigins: ['*'] } });
const closed = await sharedService();

function preflight(from: string, method: string, headers?: string): Headers {
  return {
    origin: from,
    'access-control-request-method': method,
    ...(headers !== undefined && { 'access-control-request-headers': headers }),
  };
}

function corsHeaders(headers: object): string[] {
  return Object.keys(headers).filter((name) => name.startsWith('access-control-'));
}

describe('a page of an allowed origin', () => {
  test('uploads an image as Horizon does: it asks first, without a token', async () => {
    const { id } = await createImage(service);
    const path = `/v2/images/${id}/file`;

    const asked = await service.call(
      'nobody',
      'OPTIONS',
      path,
      undefined,
      // Its framework adds the last one to every request.
      preflight(origin, 'PUT', 'content-type,x-auth-token,x-requested-with'),
    );
    const uploaded = await service.call('producer', 'PUT', path, 'data', {
      ...dataType,
      origin,
      accept: 'application/json, text/plain, */*',
      'x-requested-with': 'XMLHttpRequest',
    });

    assert.deepEqual([asked.status, asked.text], [200, '']);
    assert.equal(asked.headers['access-control-allow-origin'], origin);
    assert.equal(asked.headers['access-control-allow-methods'], 'GET, PUT, POST, DELETE, PATCH');
    for (const name of [/X-Auth-Token/, /Content-Type/, /X-Requested-With/]) {
      assert.match(String(asked.headers['access-control-allow-headers']), name);
    }
    assert.equal(asked.headers['access-control-allow-credentials'], undefined);
    assert.equal(uploaded.status, 204);
    assert.equal(uploaded.headers['access-control-allow-origin'], origin);
  });

  test('may send and read the headers that Glance names', async () => {
    const named = [
      'Content-MD5, X-Image-Meta-Checksum, X-Storage-Token, Accept-Encoding, X-Auth-Token',
      'X-Identity-Status, X-Roles, X-Service-Catalog, X-User-Id, X-Tenant-Id, X-OpenStack-Request-ID',
    ].join(', ');

    const asked = await service.call(
      'nobody',
      'OPTIONS',
      '/v2/images',
      undefined,
      preflight(origin, 'GET', named),
    );
    const answer = await service.call('producer', 'GET', '/v2/images', undefined, { origin });

    const allowed = String(asked.headers['access-control-allow-headers']).split(', ');
    for (const name of named.split(', ')) assert.ok(allowed.includes(name), name);
    assert.deepEqual(String(answer.headers['access-control-expose-headers']).split(', '), [
      'X-Image-Meta-Checksum',
      'X-Auth-Token',
      'X-Subject-Token',
      'X-Service-Token',
      'X-OpenStack-Request-ID',
      'Location',
      'Retry-After',
      'Content-MD5',
      'Content-Range',
      'X-Vitrine-Member',
    ]);
    assert.equal(answer.headers['vary'], 'Origin');
  });

  test('reads refusals, logins, downloads and the versions too', async () => {
    const { id } = await createActiveImage(service);
    const paths = ['/', '/v2/nonsense', `/v2/images/${id}/file`, '/identity/v3', '/healthcheck'];

    for (const path of paths) {
      for (const caller of ['producer', 'nobody'] as const) {
        const answer = await service.call(caller, 'GET', path, undefined, { origin });
        assert.equal(answer.headers['access-control-allow-origin'], origin, path);
      }
    }
  });

  for (const [method, headers] of [
    ['PROPFIND', undefined],
    ['PUT', 'x-auth-token, x-other'],
    ['put', undefined],
  ] as const) {
    test(`may not ${method} with ${headers ?? 'no header'}`, async () => {
      const asked = await service.call(
        'nobody',
        'OPTIONS',
        '/v2/images',
        undefined,
        preflight(origin, method, headers),
      );

      assert.equal(asked.status, 200);
      assert.deepEqual(corsHeaders(asked.headers), []);
    });
  }
});

test('a page of another origin is allowed nothing', async () => {
  for (const from of ['https://evil.example.com', `${origin}.evil.example`, 'null', '']) {
    const headers = preflight(from, 'PUT', 'x-auth-token');
    const asked = await service.call('nobody', 'OPTIONS', '/v2/images', undefined, headers);
    const answer = await service.call('producer', 'GET', '/v2/images', undefined, { origin: from });

    assert.deepEqual(corsHeaders(asked.headers), []);
    assert.equal(answer.status, 200);
    assert.deepEqual(corsHeaders(answer.headers), []);
    assert.equal(answer.headers['vary'], 'Origin');
  }
});

test('any page is allowed where all origins are', async () => {
  const answer = await open.call('producer', 'GET', '/v2/images', undefined, { origin });

  assert.equal(answer.headers['access-control-allow-origin'], '*');
  assert.equal(answer.headers['vary'], undefined);
});

test('no page is allowed unless the operator says so, and OPTIONS is a method like any other', async () => {
  const answer = await closed.call('producer', 'GET', '/v2/images', undefined, { origin });
  const asked = await closed.call(
    'producer',
    'OPTIONS',
    '/v2/images',
    undefined,
    preflight(origin, 'PUT'),
  );
  const plain = await service.call('producer', 'OPTIONS', '/v2/images');

  assert.deepEqual([...corsHeaders(answer.headers), ...corsHeaders(asked.headers)], []);
  assert.equal(answer.headers['vary'], undefined);
  assert.deepEqual([asked.status, plain.status], [405, 405]);
});

describe('the setting of allowed origins', () => {
  test('is a list, in the environment too', () => {
    const environment = { VITRINE_CORS_ALLOWED_ORIGINS: `["${origin}", "*"]` };

    assert.deepEqual(configOf('', environment).corsAllowedOrigins, [origin, '*']);
    assert.deepEqual(configOf('').corsAllowedOrigins, []);
  });

  for (const value of ['https://a.example', '["a.example"]', '["https://a.example/"]', '[5]']) {
    test(`does not take ${value}`, () => {
      assert.throws(() => configOf(`cors_allowed_origins: ${value}`), { name: 'ConfigError' });
    });
  }
});
