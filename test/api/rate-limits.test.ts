import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../support/config.ts';
import { sharedService } from '../support/service.ts';

// A rate at which a test does not get another request in while it runs, were the machine not very slow:
// what comes at once is a minute's worth.
const { rateLimitProject, rateLimitAddress, rateLimitBurst } = configOf(
  'rate_limit_project: 1\nrate_limit_address: 1\nrate_limit_burst: 60\n',
);

/** Enough requests to use up a minute's worth, and what came in meanwhile. */
const many = 80;

test('a project that asks too often is told when to ask again, and others are not', async () => {
  const service = await sharedService({ config: { rateLimitProject, rateLimitBurst } });
  const ask = (caller: 'producer' | 'consumer', path: string) =>
    service.call(caller, 'GET', path, undefined, { accept: 'application/json' });

  const answers = await Promise.all(
    Array.from({ length: many }, () => ask('producer', '/v2/images?limit=1')),
  );
  const others = [await ask('producer', '/vitrine/quotas'), await ask('consumer', '/v2/images')];

  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0 && refused.length <= many - 60, `${refused.length} are refused`);
  for (const { headers, json } of refused) {
    assert.equal(headers['retry-after'], '1');
    assert.equal(json.code, '429 Too Many Requests');
    assert.match(json.message, /this project than the 1 a second .* Wait 1 s/);
  }
  assert.deepEqual([others[0]?.status, others[1]?.status], [429, 200]);
});

test('an address that asks too often is told so, in the words of each API, but for its health', async () => {
  const service = await sharedService({ config: { rateLimitAddress, rateLimitBurst } });
  const ask = (path: string) => service.call('nobody', 'GET', path);

  const answers = await Promise.all(Array.from({ length: many }, () => ask('/v2/images')));
  const identity = await ask('/identity/v3');
  const unknown = await ask('/nowhere');
  const health = await ask('/healthcheck');

  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([401, 429]));
  assert.deepEqual([identity.status, unknown.status, health.status], [429, 429, 200]);
  assert.equal(identity.headers['retry-after'], '1');
  assert.equal(identity.json.error.code, 429);
  assert.match(identity.json.error.message, /this address than the 1 a second/);
  assert.match(unknown.text, /<h1>429 Too Many Requests<\/h1>/);
});

test('clients behind a trusted proxy are counted each on its own', async () => {
  const config = { rateLimitAddress, rateLimitBurst, trustedProxies: ['127.0.0.1'] };
  const service = await sharedService({ config });
  const ask = (address: string) =>
    service.call('nobody', 'GET', '/versions', undefined, { 'x-forwarded-for': address });
  const sameNetwork = (index: number) => `2001:db8:1:2:${index.toString(16)}::1`;

  const answers = await Promise.all(
    Array.from({ length: many }, (_, index) => ask(sameNetwork(index))),
  );
  const other = await ask('198.51.100.2');

  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200, 429]));
  assert.equal(other.status, 200);
});
