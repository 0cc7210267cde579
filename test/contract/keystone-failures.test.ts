import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { startKeystone } from '../support/keystone.ts';
import { sendError } from '../support/keystone-server.ts';

const tokens = '/v3/auth/tokens';
const unavailable = { code: 'IdentityUnavailable' };

/** What is not an answer of Keystone's to a question about a token. */
const failures: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'an error of Keystone': (response) => sendError(response, 500),
  'a gateway that has lost Keystone': (response) => response.writeHead(502).end('<html></html>'),
  'a 404 that is not Keystone’s own': (response) => response.writeHead(404).end('<html></html>'),
  'a page instead of a document': (response) => response.writeHead(200).end('<html></html>'),
  'an empty answer': (response) => response.writeHead(200).end(),
  'a document without a token': (response) => response.writeHead(200).end('{"token":null}'),
  'a token without a user': (response) =>
    response.writeHead(200).end('{"token":{"expires_at":"2030-01-01T00:00:00.000000Z"}}'),
  'a token without an end': (response) =>
    response.writeHead(200).end('{"token":{"expires_at":"later","user":{"id":"u1"}}}'),
  'an answer about another token': (response) =>
    response
      .writeHead(200, { 'x-subject-token': 'another' })
      .end('{"token":{"expires_at":"2030-01-01T00:00:00.000000Z","user":{"id":"u1"}}}'),
  'a redirect to elsewhere': (response) =>
    response.writeHead(302, { location: 'http://192.0.2.1/v3/auth/tokens' }).end(),
  'a service user without the role': (response) => sendError(response, 403),
  'a service user whose tokens are never taken': (response) => sendError(response, 401),
  'a rate limit': (response) => sendError(response, 429),
  'bytes that are not HTTP': (response) => response.socket?.end('What do you want?\r\n\r\n'),
  'a connection that breaks': (response) => response.socket?.destroy(),
  'an answer that breaks off': (response) => {
    response.writeHead(200, { 'content-length': '1000' }).write('{"token":');
    response.socket?.destroySoon();
  },
  'an answer that is too long': (response) => {
    response.writeHead(200).end(JSON.stringify({ token: {}, junk: 'x'.repeat(600 * 1024) }));
  },
};

describe('neither a refusal nor a pass', { concurrency: true }, () => {
  for (const [what, answer] of Object.entries(failures)) {
    test(`is ${what}`, async () => {
      await using keystone = await startKeystone();
      const token = keystone.server.issue();
      keystone.server.answerBy(({ method }, response, usual) => {
        if (method === 'POST') usual();
        else answer(response);
      });

      await assert.rejects(keystone.authenticate(token), unavailable);
    });
  }
});

test('a failure that passes is overcome by trying again, three times at most', async () => {
  await using keystone = await startKeystone();
  const token = keystone.server.issue();
  let left = 2;
  keystone.server.answerBy(({ method }, response, usual) => {
    if (method === 'POST' || left === 0) {
      usual();
    } else {
      left -= 1;
      sendError(response, 503);
    }
  });
  const caller = await keystone.authenticate(token);
  left = 3;

  await assert.rejects(keystone.authenticate(keystone.server.issue()), unavailable);

  assert.equal(caller.userId, 'u1');
  assert.equal(keystone.server.count('GET', tokens), 6);
});

test('a Keystone that does not answer is waited for no longer than configured', async () => {
  await using keystone = await startKeystone({ timeout: 200 });
  keystone.server.answerBy(({ method }, _response, usual) => {
    if (method === 'POST') usual();
  });
  const many = Array.from({ length: 100 }, () => keystone.server.issue());
  const begin = performance.now();

  const outcomes = await Promise.allSettled(
    many.map(async (token) => keystone.authenticate(token)),
  );

  assert(performance.now() - begin < 2000);
  assert(outcomes.every(({ status }) => status === 'rejected'));
  for (const outcome of outcomes) {
    assert(outcome.status === 'rejected' && outcome.reason.code === 'IdentityUnavailable');
  }
});

test('an answer that drips is waited for no longer than configured', async () => {
  await using keystone = await startKeystone({ timeout: 200 });
  await using drips = new AsyncDisposableStack();
  keystone.server.answerBy(({ method }, response, usual) => {
    if (method === 'POST') {
      usual();
    } else {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 20);
      drips.defer(() => clearInterval(drip));
    }
  });

  await assert.rejects(keystone.authenticate(keystone.server.issue()), unavailable);
});

test('a Keystone that is away does not touch tokens seen lately', async () => {
  await using keystone = await startKeystone();
  const [old, fresh] = [keystone.server.issue(), keystone.server.issue()];
  await keystone.authenticate(old);

  await keystone.server[Symbol.asyncDispose]();

  assert.equal((await keystone.authenticate(old)).userId, 'u1');
  await assert.rejects(keystone.authenticate(fresh), unavailable);
});
