import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import type { CallerName } from '../support/callers.ts';
import { createImage, share } from '../support/images.ts';
import { type Headers, sharedService, startTestService } from '../support/service.ts';

let framed = 0;
// Told of every request that the framework has taken as far as its handler.
subscribe('tracing:fastify.request.handler:start', () => {
  framed += 1;
});

/** Whether the framework had a part in what `ask` asked. */
async function isFramed(ask: () => Promise<unknown>): Promise<boolean> {
  const before = framed;
  await ask();
  return framed > before;
}

const service = await sharedService();
const { id } = await createImage(service, { name: 'Grüße "\u2028"', tags: ['a', 'b'], os: 'x' });
await share(service, id, 'consumer');
const path = `/v2/images/${id}`;

const viewers: readonly CallerName[] = ['producer', 'producer reader', 'consumer', 'admin'];

for (const caller of viewers) {
  test(`the ${caller} is shown an image quickly, as by the framework`, async () => {
    const quick = await service.call(caller, 'GET', path, undefined, {
      'x-openstack-request-id': 'mine',
    });
    // A query says nothing here, but is not plain.
    const framedToo = await service.call(caller, 'GET', `${path}?`, undefined, {
      'x-openstack-request-id': 'mine',
    });

    assert.equal(await isFramed(() => service.call(caller, 'GET', path)), false);
    assert.equal(await isFramed(() => service.call(caller, 'GET', `${path}?`)), true);
    const { date: _, ...headers } = framedToo.headers;
    const { date: __, ...quickHeaders } = quick.headers;
    assert.deepEqual(Object.entries(quickHeaders), Object.entries(headers));
    assert.equal(quick.status, 200);
    assert.equal(quick.text, framedToo.text);
  });
}

interface Unusual {
  readonly what: string;
  readonly caller?: CallerName;
  readonly path?: string;
  readonly headers?: Headers;
  readonly body?: string;
  readonly status: number;
}

const missing = '/v2/images/00000000-0000-4000-8000-000000000000';

const unusual: readonly Unusual[] = [
  { what: 'an image that is not there', path: missing, status: 404 },
  { what: 'an image of somebody else', caller: 'stranger', status: 404 },
  { what: 'an image without a token', caller: 'nobody', status: 401 },
  { what: 'an image with a token of nobody', headers: { 'x-auth-token': 'no' }, status: 401 },
  { what: 'an image with a token without project', caller: 'unscoped', status: 404 },
  { what: 'an image with a token of the system', caller: 'system', status: 403 },
  {
    what: 'an image on behalf of a user',
    headers: { 'x-service-token': 'no' },
    status: 401,
  },
  { what: 'an image with a body', body: '{}', status: 400 },
  {
    what: 'an image by a name that is too long',
    headers: { 'x-openstack-request-id': 'x'.repeat(65) },
    status: 431,
  },
];

for (const { what, caller = 'producer', headers, body, status, ...rest } of unusual) {
  test(`whoever asks for ${what} is refused in the words of the framework's way`, async () => {
    const ask = (query: string) =>
      service.call(caller, 'GET', `${rest.path ?? path}${query}`, body, {
        accept: 'application/json',
        ...headers,
      });

    const [plain, framedToo] = [await ask(''), await ask('?')];

    assert.equal(plain.status, status);
    assert.equal(plain.text, framedToo.text);
    assert.deepEqual(Object.keys(plain.headers), Object.keys(framedToo.headers));
  });
}

test('a token that is not remembered takes the way on which it is looked up', async () => {
  await using other = await startTestService();
  const { id: another } = await createImage(other, {}, 'consumer');
  const show = () => other.call('consumer reader', 'GET', `/v2/images/${another}`);

  assert.deepEqual([await isFramed(show), await isFramed(show)], [true, false]);
});

const wishes = {
  'every request is audited': { audit: 'all' },
  'pages may call': { corsAllowedOrigins: ['*'] },
  'answers are compressed': { compressJson: true },
  'addresses are limited': { rateLimitAddress: 10_000, rateLimitBurst: 10_000 },
  'projects are limited': { rateLimitProject: 10_000, rateLimitBurst: 10_000 },
} as const;

test('where more is wanted of each request, each goes the way of the hooks', async () => {
  for (const [wish, config] of Object.entries(wishes)) {
    await using other = await startTestService({ config });
    const { id: another } = await createImage(other);
    const show = () => other.call('producer', 'GET', `/v2/images/${another}`);

    assert.deepEqual([await isFramed(show), await isFramed(show)], [true, true], wish);
  }
});
