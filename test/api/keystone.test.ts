import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { sendError } from '../support/keystone-server.ts';
import {
  type KeystoneService,
  publicUri,
  startKeystoneService,
} from '../support/keystone-service.ts';

const images = '/v2/images';
const challenge = `Keystone uri="${publicUri}"`;
let service: KeystoneService;

before(async () => {
  service = await startKeystoneService();
});

after(() => service[Symbol.asyncDispose]());

test('a caller whom Keystone vouches for has the images of its project, by the roles in its token', async () => {
  const producer = { 'x-auth-token': service.keystone.issue({ projectId: 'lab' }) };
  const reader = {
    'x-auth-token': service.keystone.issue({ projectId: 'lab', roles: ['reader'] }),
  };

  const made = await service.send('POST', images, { name: 'a' }, producer);
  const refused = await service.send('POST', images, { name: 'b' }, reader);
  const listed = await service.send('GET', images, undefined, reader);

  assert.equal(made.status, 201);
  assert.equal(made.json.owner, 'lab');
  assert.equal(refused.status, 403);
  assert.deepEqual(
    listed.json.images.map(({ id }: { id: string }) => id),
    [made.json.id],
  );
});

test('an image is shared between two projects of Keystone', async () => {
  const producer = { 'x-auth-token': service.keystone.issue({ projectId: 'producer' }) };
  const consumer = { 'x-auth-token': service.keystone.issue({ projectId: 'consumer' }) };
  const { json: image } = await service.send('POST', images, { name: 'shared' }, producer);
  const members = `${images}/${image.id}/members`;
  await service.send('POST', members, { member: 'consumer' }, producer);

  const answered = await service.send(
    'PUT',
    `${members}/consumer`,
    { status: 'accepted' },
    consumer,
  );
  const listed = await service.send('GET', images, undefined, consumer);

  assert.equal(answered.status, 200);
  assert.equal(listed.json.images[0].id, image.id);
});

test('whoever has no valid token is told where to get one', async () => {
  const unknown = { 'x-auth-token': 'gAAAAAunknown' };

  const without = await service.send('GET', images);
  const invalid = await service.send('GET', images, undefined, unknown);

  for (const answer of [without, invalid]) {
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['www-authenticate'], challenge);
  }
});

test('a token of a domain or of the system opens no image', async () => {
  for (const scope of ['domain', 'system'] as const) {
    const token = service.keystone.issue({ scope, roles: ['admin', 'member', 'reader'] });

    const answer = await service.send('GET', images, undefined, { 'x-auth-token': token });

    assert.equal(answer.status, 403);
  }
});

test('a service finishes what a user began whose token has expired; a false one is refused', async () => {
  const expiresAt = Date.now() - 1000;
  const token = { 'x-auth-token': service.keystone.issue({ projectId: 'lab', expiresAt }) };
  const nova = service.keystone.issue({ roles: ['service'] });

  const alone = await service.send('GET', images, undefined, token);
  const withService = await service.send('GET', images, undefined, {
    ...token,
    'x-service-token': nova,
  });
  const withRubbish = await service.send('GET', images, undefined, {
    'x-auth-token': service.keystone.issue(),
    'x-service-token': 'rubbish',
  });

  assert.deepEqual([alone.status, withService.status, withRubbish.status], [401, 200, 401]);
});

test('nobody is let in or sent away while Keystone cannot be asked', async () => {
  const token = { 'x-auth-token': service.keystone.issue() };
  service.keystone.answerBy(() => undefined);

  const answer = await service.send('GET', images, undefined, token);
  const later = await service.send('GET', '/healthcheck');
  service.keystone.answerBy(undefined);

  assert.equal(answer.status, 503);
  assert.equal(answer.headers['www-authenticate'], undefined);
  assert.match(answer.text, /The identity service cannot be asked at this moment/);
  assert.equal(later.status, 200);
});

interface Line {
  readonly level: number;
  readonly msg: string;
  readonly failed?: number;
  readonly err?: { readonly stack: string };
}

function linesOf({ log }: KeystoneService): readonly Line[] {
  return log()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('an outage is two lines in the log, however many requests it refuses', async () => {
  await using watched = await startKeystoneService();
  const { keystone, send } = watched;
  const list = async () => {
    const { status } = await send('GET', images, undefined, { 'x-auth-token': keystone.issue() });
    return status;
  };
  const many = async () => await Promise.all(Array.from({ length: 20 }, list));
  await list();

  keystone.answerBy((_request, response) => sendError(response, 403));
  const during = await many();
  keystone.answerBy(undefined);
  const after = await many();

  assert(during.every((status) => status === 503));
  assert(after.every((status) => status === 200));
  const lines = linesOf(watched);
  const told = lines.filter(({ msg }) => msg.startsWith('Keystone'));
  assert.deepEqual(
    told.map(({ level, msg, failed }) => [level, msg, failed]),
    [
      [50, 'Keystone cannot tell whose token it is.', 1],
      [30, 'Keystone tells whose token it is again.', 19],
    ],
  );
  assert.match(told[0]?.err?.stack ?? '', /Keystone answered 403 to the service user/);
  assert.deepEqual(
    lines.filter(({ level }) => level >= 50),
    [told[0]],
  );
});

test('a Keystone that is away at the start is told of once', async () => {
  await using watched = await startKeystoneService({
    answer: (_request, response) => sendError(response, 403),
  });
  const refused = await watched.send('GET', images, undefined, { 'x-auth-token': 'gAAAAAone' });

  assert.equal(refused.status, 503);
  const lines = linesOf(watched);
  assert.equal(lines.filter(({ msg }) => msg.startsWith('Keystone cannot tell')).length, 1);
  assert.equal(lines.filter(({ level }) => level === 50).length, 1);
});

test('a token with access rules opens what they name, and the rest to a service that sends it on', async () => {
  const accessRules = [{ id: 'r', service: 'image', method: 'GET', path: '/v2/images' }];
  const token = { 'x-auth-token': service.keystone.issue({ accessRules }) };

  const named = await service.send('GET', `${images}?limit=1`, undefined, token);
  const other = await service.send('POST', images, {}, token);
  const sentOn = await service.send('GET', `${images}/none`, undefined, {
    ...token,
    'x-service-token': service.keystone.issue({ userId: 'nova' }),
  });

  assert.deepEqual([named.status, other.status, sentOn.status], [200, 401, 404]);
  assert.match(other.text, /no access rule for this request/);
});

test('there is no identity service beside Keystone, nor any account', async () => {
  const paths = [
    '',
    '/v3',
    '/v3/auth/tokens',
    '/v3/users/u1/password',
    '/v3/users/u1/application_credentials',
    '/v3/projects',
    '/v3/roles',
    '/v3/regions',
    '/v3/signing_keys',
  ];
  const admin = { 'x-auth-token': service.keystone.issue({ roles: ['admin'] }) };
  const statuses = new Set<number>();

  for (const path of paths) {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const body = method === 'GET' || method === 'DELETE' ? undefined : {};
      const { status } = await service.send(method, `/identity${path}`, body, admin);
      statuses.add(status);
    }
  }

  assert.deepEqual([...statuses], [404]);
  assert(!(await readdir(service.folder)).includes('clouds.yaml'));
});
