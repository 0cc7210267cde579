import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { after, describe, test } from 'node:test';
import { startKeystoneService } from '../support/keystone-service.ts';
import { noteSecret } from '../support/secrets.ts';
import { sharedService } from '../support/service.ts';

const root = '/vitrine/v1/keystone/v3/auth';
const password = 'a password of somebody in the cloud';
noteSecret(password);

const seen: { method: string; path: string; headers: IncomingMessage['headers'] }[] = [];
const service = await startKeystoneService({
  answer: (request, response, usual) => {
    const { method = '', url: path = '', headers } = request;
    const isOfPeople = headers['x-auth-token'] === 'of-somebody' || method === 'POST';
    if (!isOfPeople) return usual();
    seen.push({ method, path, headers });
    if (method === 'DELETE') response.writeHead(204).end();
    else if (path === '/v3/auth/projects') response.end('{"projects":[{"id":"p1"}]}');
    else if (isOwnLogin()) usual();
    else {
      response.writeHead(201, { 'x-subject-token': 'of-somebody' });
      response.end('{"token":{"user":{"id":"u1"}}}');
    }
    return undefined;
  },
});
after(() => service[Symbol.asyncDispose]());
const embedded = await sharedService();

/** Whether it is the service's user that logs in; what was sent is read by then. */
function isOwnLogin(): boolean {
  return !JSON.stringify(service.keystone.asked.at(-1)?.body).includes('somebody');
}

const login = (name: string, secret = password) => ({
  auth: {
    identity: {
      methods: ['password'],
      password: { user: { name, domain: { name: 'Default' }, password: secret } },
    },
  },
});

describe('signing in at a Keystone by way of the service', () => {
  test('passes on the login as it came, and the answer with its token', async () => {
    const answer = await service.send('POST', `${root}/tokens`, login('somebody'));

    assert.equal(answer.status, 201);
    assert.equal(answer.headers['x-subject-token'], 'of-somebody');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.json.token.user.id, 'u1');
    assert.deepEqual(service.keystone.asked.at(-1)?.body, login('somebody'));
  });

  test('lists the projects of a token, and ends it', async () => {
    const headers = { 'x-auth-token': 'of-somebody' };
    const projects = await service.send('GET', `${root}/projects`, undefined, headers);
    const ended = await service.send('DELETE', `${root}/tokens`, undefined, headers);

    assert.deepEqual(projects.json, { projects: [{ id: 'p1' }] });
    assert.equal(ended.status, 204);
    assert.equal(seen.at(-1)?.headers['x-subject-token'], 'of-somebody');
  });

  test('passes on nothing that is no login, and no other call', async () => {
    const count = service.keystone.asked.length;
    const credential = {
      auth: {
        identity: {
          methods: ['application_credential'],
          application_credential: { id: 'c', secret: 's' },
        },
      },
    };

    const statuses = [
      (await service.send('POST', `${root}/tokens`, {})).status,
      (await service.send('POST', `${root}/tokens`, credential)).status,
      (await service.send('GET', `${root}/projects`)).status,
      (await service.send('GET', `${root}/tokens`)).status,
    ];

    assert.deepEqual(statuses, [400, 400, 401, 405]);
    assert.equal(service.keystone.asked.length, count);
  });

  test('lets nobody try out passwords', async () => {
    service.keystone.answerBy((_request, response) => {
      response.writeHead(401).end('{"error":{"code":401,"message":"no"}}');
    });
    const statuses: number[] = [];
    for (let tries = 0; tries < 12; tries += 1) {
      statuses.push((await service.send('POST', `${root}/tokens`, login('guessed'))).status);
    }

    assert.deepEqual(new Set(statuses.slice(0, 10)), new Set([401]));
    assert.deepEqual(statuses.slice(10), [429, 429]);
  });

  test('says so when Keystone is away', async () => {
    service.keystone.answerBy((_request, response) => void response.destroy());

    const answer = await service.send('POST', `${root}/tokens`, login('another'));

    assert.equal(answer.status, 503);
    assert.match(answer.text, /does not answer/);
  });
});

test('a service with accounts of its own has no such calls', async () => {
  const answer = await embedded.call('producer', 'POST', `${root}/tokens`, login('producer'));

  assert.equal(answer.status, 404);
});
