import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { sharedService } from '../support/service.ts';

const service = await sharedService();
const rules = [
  { service: 'image', method: 'GET', path: '/v2/images' },
  { service: 'image', method: 'GET', path: '/v2/images/{image_id}' },
  { service: 'compute', method: 'POST', path: '/v2/images' },
];
let token: { readonly 'x-auth-token': string };

before(async () => {
  const { user } = await session();
  const credential = { name: 'ruled', access_rules: rules };
  const made = await service.call(
    'producer',
    'POST',
    `/identity/v3/users/${user.id}/application_credentials`,
    { application_credential: credential },
  );
  const { id, secret } = made.json.application_credential;
  const identity = {
    methods: ['application_credential'],
    application_credential: { id, secret },
  };
  const login = await service.call('nobody', 'POST', '/identity/v3/auth/tokens', {
    auth: { identity },
  });
  token = { 'x-auth-token': String(login.headers['x-subject-token']) };
});

async function session() {
  const own = service.tokens.producer;
  const { json } = await service.call('producer', 'GET', '/identity/v3/auth/tokens', undefined, {
    'x-subject-token': own,
  });
  return json.token as { readonly user: { readonly id: string } };
}

test('the Images API answers what the rules name, and nothing else', async () => {
  const ask = async (method: string, path: string) =>
    (await service.call('nobody', method, path, method === 'POST' ? {} : undefined, token)).status;

  assert.equal(await ask('GET', '/v2/images?limit=1'), 200);
  assert.equal(await ask('GET', '/v2.1/images'), 200, 'the path as the routes know it');
  assert.equal(await ask('GET', '/v2/images/00000000-0000-4000-8000-000000000000'), 404);
  assert.equal(await ask('GET', '/v2/images/00000000-0000-4000-8000-000000000000/members'), 401);
  assert.equal(await ask('HEAD', '/v2/images'), 401);
  assert.equal(await ask('POST', '/v2/images'), 401, 'a rule for another service opens nothing');
  assert.equal(await ask('GET', '/v2/schemas/image'), 401);
  assert.equal(await ask('GET', '/vitrine/v1/quotas'), 401);
});

test('the refusal says what is missing', async () => {
  const { text, headers } = await service.call('nobody', 'GET', '/v2/info/usage', undefined, token);

  assert.match(text, /no access rule for this request \(image, GET \/v2\/info\/usage\)/);
  assert.match(String(headers['www-authenticate']), /^Keystone uri=/);
});

test('what a service sends on for its user is not bound by the rules', async () => {
  const sentOn = { ...token, 'x-service-token': service.tokens.admin };

  assert.equal(
    (await service.call('nobody', 'GET', '/v2/schemas/image', undefined, sentOn)).status,
    200,
  );
});
