import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../support/config.ts';
import { loginBody } from '../support/identity.ts';
import { type Headers, sharedService, type TestService } from '../support/service.ts';

const { trustedProxies } = configOf('trusted_proxies: ["192.0.2.0/24", "127.0.0.1"]');
const trusting = await sharedService({ config: { trustedProxies } });
const trustingOthers = await sharedService({ config: { trustedProxies: ['192.0.2.0/24'] } });
const trustingNobody = await sharedService();

const forwarded = {
  host: 'internal:9292',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'images.example.com',
};

/** What a log-in by a wrong password is answered. */
async function guess(service: TestService, user: string, headers: Headers): Promise<number> {
  const body = loginBody(user, 'wrong');
  const path = '/identity/v3/auth/tokens';
  return (await service.call('nobody', 'POST', path, body, headers)).status;
}

/** What eleven log-ins are answered, one more than one address may fail for one user. */
function guesses(
  service: TestService,
  user: string,
  forwardedFor: (index: number) => string,
): Promise<number[]> {
  const indices = Array.from({ length: 11 }, (_, index) => index);
  return Array.fromAsync(indices, (index) =>
    guess(service, user, { 'x-forwarded-for': forwardedFor(index) }),
  );
}

const admitted = new Array(10).fill(401);

test('links name what a trusted proxy says the client asked', async () => {
  const created = await trusting.call('producer', 'POST', '/v2/images', {}, forwarded);
  const identity = await trusting.call('nobody', 'GET', '/identity/v3', undefined, forwarded);
  const refused = await trusting.call('nobody', 'GET', '/v2/images', undefined, forwarded);

  const base = 'https://images.example.com';
  assert.equal(created.headers['location'], `${base}/v2/images/${created.json.id}`);
  assert.equal(identity.json.version.links[0].href, `${base}/identity/v3/`);
  assert.equal(refused.headers['www-authenticate'], `Keystone uri="${base}/identity"`);
});

for (const [name, service] of [
  ['other proxies', trustingOthers],
  ['no proxy', trustingNobody],
] as const) {
  test(`links name the address of the request where ${name} may say otherwise`, async () => {
    const created = await service.call('producer', 'POST', '/v2/images', {}, forwarded);

    const expected = `http://internal:9292/v2/images/${created.json.id}`;
    assert.equal(created.headers['location'], expected);
  });

  test(`whoever claims a new address for each guess is counted as one where ${name} may say so`, async () => {
    const statuses = await guesses(service, 'admin', (index) => `198.51.100.${index}`);

    assert.deepEqual(statuses, [...admitted, 429]);
  });
}

test('a trusted proxy tells clients apart', async () => {
  const statuses = await guesses(trusting, 'producer', () => '198.51.100.1');
  const other = await guess(trusting, 'producer', { 'x-forwarded-for': '198.51.100.2' });

  assert.deepEqual([...statuses, other], [...admitted, 429, 401]);
});

test('what a client itself claims to a trusted proxy does not count', async () => {
  const chain = (index: number) => `203.0.113.${index}, 198.51.100.3, 192.0.2.7`;
  const statuses = await guesses(trusting, 'consumer', chain);

  assert.deepEqual(statuses, [...admitted, 429]);
});

for (const given of [
  '["everyone"]',
  '["0.0.0.0/0"]',
  '["::/0"]',
  '["10.0.0.0/33"]',
  '["10.0.0.0/8/8"]',
  '10',
  '[1]',
]) {
  test(`no proxy is ${given}`, () => {
    assert.throws(() => configOf(`trusted_proxies: ${given}`), /trusted_proxies: .* is wanted/);
  });
}
