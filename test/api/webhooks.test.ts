import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { CallerName } from '../support/callers.ts';
import { runCommand } from '../support/command.ts';
import { createImage, expectStatus } from '../support/images.ts';
import { openWeb } from '../support/imports.ts';
import { noteSecret } from '../support/secrets.ts';
import { type Answer, sharedService } from '../support/service.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

const service = await sharedService({ config: { ...openWeb, webhookQuota: 3 } });
const receiver = await webhookReceiver();
after(() => receiver[Symbol.asyncDispose]());

function call(by: CallerName, method: string, path = '', body?: unknown): Promise<Answer> {
  return service.call(by, method, `/vitrine/v1/webhooks${path}`, body);
}

async function add(by: CallerName, types?: readonly string[]): Promise<Answer['json']> {
  const made = expectStatus(await call(by, 'POST', '', { url: receiver.url, types }), 201);
  noteSecret(made.json.secret.replace('whsec_', ''));
  return made.json;
}

async function offer(name: string): Promise<string> {
  const { id } = await createImage(service, { name });
  const path = `/vitrine/v1/shares/${id}/${service.projects.consumer}`;
  expectStatus(await service.call('producer', 'PUT', path, { note: 'über' }), 200);
  return id;
}

describe('a webhook', () => {
  test('is told of an offer within a second, signed as Standard Webhooks has it', async () => {
    const { id, secret } = await add('consumer', ['vitrine.share.offered']);

    const imageId = await offer('told of');
    const begun = Date.now();
    const [message] = await receiver.count(1);

    assert(message);
    const { headers, body, event, at } = message;
    assert.ok(at - begun < 1000, `it took ${at - begun} ms`);
    assert.deepEqual(new Webhook(secret).verify(body, headers as Record<string, string>), event);
    assert.throws(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>));
    assert.equal(headers['content-type'], 'application/cloudevents+json; charset=utf-8');
    assert.equal(headers['webhook-id'], event.id);
    assert.partialDeepStrictEqual(event, {
      specversion: '1.0',
      type: 'vitrine.share.offered',
      subject: imageId,
      data: { owner: service.projects.producer, note: 'über' },
    });
    const shown = (await call('consumer', 'GET', `/${id}`)).json;
    assert.equal(shown.secret, undefined);
    assert.partialDeepStrictEqual(shown, { url: receiver.url, attempts: 0, last_error: null });
    assert.equal((await call('consumer', 'DELETE', `/${id}`)).status, 204);
  });

  test('can be tried, and says what came of it', async () => {
    const { id } = await add('consumer');

    const taken = await call('consumer', 'POST', `/${id}/test`);
    receiver.answer = () => 503;
    const refused = await call('consumer', 'POST', `/${id}/test`);
    receiver.answer = () => 204;

    assert.deepEqual(taken.json, { delivered: true, status: 204, error: null });
    assert.deepEqual(refused.json, {
      delivered: false,
      status: 503,
      error: 'The receiver answered with status 503.',
    });
    assert.partialDeepStrictEqual(receiver.messages.at(-1)?.event, {
      type: 'vitrine.webhook.test',
      data: { webhook_id: id },
    });
    await call('consumer', 'DELETE', `/${id}`);
  });

  test('leads nowhere that the operator keeps to itself', async () => {
    const urls = [
      'http://169.254.169.254/',
      'http://10.0.0.1/',
      'file:///etc/passwd',
      'http://a b/',
    ];

    const answers = await Promise.all(urls.map((url) => call('producer', 'POST', '', { url })));

    for (const { status, text } of answers) {
      assert.equal(status, 400);
      assert.match(text, /url: /);
    }
  });

  test('is its own project’s alone, and one of few', async () => {
    const made = [await add('consumer'), await add('consumer'), await add('consumer')];
    const { id } = made[0];

    const fourth = await call('consumer', 'POST', '', { url: receiver.url });
    const foreign = await Promise.all([
      call('producer', 'GET', `/${id}`),
      call('producer', 'DELETE', `/${id}`),
      call('producer', 'POST', `/${id}/test`),
      call('producer', 'GET', `/${id}/failures`),
      call('producer', 'POST', `/${id}/failures/redelivery`, {}),
    ]);
    const listed = await call('producer', 'GET');

    assert.equal(fourth.status, 413);
    assert.deepEqual(
      foreign.map(({ status }) => status),
      [404, 404, 404, 404, 404],
    );
    assert.deepEqual(listed.json, { webhooks: [] });
    for (const one of made) await call('consumer', 'DELETE', `/${one.id}`);
  });

  for (const [body, words] of [
    [{}, /url: is wanted/],
    [{ url: 5 }, /url: /],
    [{ url: 'http://127.0.0.1/', types: ['image.create'] }, /types.0: one of vitrine\.share/],
    [{ url: 'http://127.0.0.1/', types: [] }, /types: /],
    [{ url: 'http://127.0.0.1/', secret: 'mine' }, /secret: is not known here/],
  ] as const) {
    test(`is not made of ${JSON.stringify(body)}`, async () => {
      const { status, text } = await call('consumer', 'POST', '', body);

      assert.equal(status, 400);
      assert.match(text, words);
    });
  }

  test('is made and listed on the command line', async () => {
    const env = {
      OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml'),
      OS_CLOUD: 'vitrine-producer',
    };
    const run = async (...args: string[]) => {
      const { code, out, err } = await runCommand(['webhook', ...args, '--json'], { env });
      assert.equal(code, 0, err);
      return out === '' ? undefined : JSON.parse(out);
    };

    const { id, secret } = await run('create', receiver.url, '--type', 'vitrine.share.answered');
    noteSecret(secret.replace('whsec_', ''));
    const [row] = await run('list');

    assert.partialDeepStrictEqual(row, { id, types: 'vitrine.share.answered', attempts: 0 });
    assert.deepEqual((await call('producer', 'GET', `/${id}/failures`)).json, { failures: [] });
    await call('producer', 'DELETE', `/${id}`);
  });
});
