import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import type { Database } from '../../src/database/database.ts';
import { deleteOldEvents, insertProjectEvents } from '../../src/database/project-events.ts';
import { listFailures, sendAgain } from '../../src/database/webhook-failures.ts';
import {
  findWebhook,
  hurryWebhook,
  insertWebhook,
  type KeptWebhook,
} from '../../src/database/webhooks.ts';
import {
  type WebhookDeliveryOptions,
  webhookDelivery,
} from '../../src/service/webhook-delivery.ts';
import { webhookSender } from '../../src/service/webhook-sender.ts';
import { systemResolver } from '../../src/web/resolver.ts';
import { webClient } from '../../src/web/web-client.ts';
import { emptyDatabase } from '../support/database.ts';
import { testRules } from '../support/web-server.ts';
import { type WebhookReceiver, webhookReceiver } from '../support/webhook-receiver.ts';

const start = Date.UTC(2030, 0, 1);
const patience = 60_000;

/** A webhook of a project at a receiver, and the delivery to it, of which every pause ends at once. */
async function scene(
  parts: AsyncDisposableStack,
  {
    types = null,
    ...options
  }: Partial<Pick<KeptWebhook, 'types'> & Pick<WebhookDeliveryOptions, 'slots' | 'turnTime'>> = {},
) {
  const { database } = parts.use(await emptyDatabase());
  const receiver = parts.use(await webhookReceiver());
  const webhook: KeptWebhook = {
    ...{ id: randomUUID(), projectId: 'consumer', url: receiver.url, types, byUser: 'somebody' },
    ...{ createdAt: new Date(start), secret: 'c2VjcmV0IHNlY3JldCBzZWNyZXQ=', cursor: 0 },
    ...{ attempts: 0, refusals: 0, failingSince: null, lastError: null, deliveredAt: null },
  };
  await database.transaction((db) => insertWebhook(db, webhook));
  const web = webClient({
    rules: { ...testRules, hosts: { allowed: ['127.0.0.1'], denied: [] } },
    times: { connect: 5000, silence: 5000, total: 5000 },
    resolver: systemResolver,
  });
  const reports: string[] = [];
  const clock = { now: start };
  const delivery = webhookDelivery({
    database,
    sender: webhookSender(web),
    bodyOf: ({ type, data }) => JSON.stringify({ type, ...data }),
    patience,
    retention: 1000,
    dueInterval: 20,
    clock: () => new Date(clock.now),
    report: (text) => reports.push(text),
    ...options,
  });
  parts.defer(() => assert.deepEqual(reports, []));
  parts.use(delivery.start());
  const stop = new AbortController();
  const hurrying = hurry(database, webhook.id, stop.signal);
  parts.defer(async () => {
    stop.abort();
    await hurrying;
  });
  return { database, receiver, webhook, clock, delivery };
}

async function hurry(database: Database, id: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await database.transaction((db) => hurryWebhook(db, id));
    await after(20);
  }
}

async function tell(
  database: Database,
  names: readonly string[],
  { projectId = 'consumer', type = 'share.offered', at = start } = {},
): Promise<void> {
  const event = { projectId, type, imageId: null, at: new Date(at) };
  await database.transaction((db) =>
    insertProjectEvents(
      db,
      names.map((name) => ({ ...event, id: randomUUID(), data: { name } })),
    ),
  );
}

const told = ({ messages }: WebhookReceiver) => messages.map(({ event }) => event.name);

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await after(10)) if (await isSo()) return;
  assert.fail('it does not come to pass');
}

test('a webhook is told what its project is, of the types that it asked for, in order and once', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, receiver, webhook } = await scene(parts, { types: ['vitrine.share.offered'] });

  await tell(database, ['for another'], { projectId: 'other' });
  await tell(database, ['one', 'two']);
  await tell(database, ['of another type'], { type: 'share.left' });
  await tell(database, ['three']);
  await receiver.count(3);
  await until(async () => (await findWebhook(database.read, webhook.id))?.cursor === 5);

  assert.deepEqual(told(receiver), ['one', 'two', 'three']);
});

test('what fails is sent again before what follows it, under the same id', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, receiver, webhook } = await scene(parts);
  receiver.answer = () => (receiver.messages.length < 4 ? 503 : 200);

  await tell(database, ['one', 'two']);
  await receiver.count(3);
  const failing = await findWebhook(database.read, webhook.id);
  await receiver.count(5);
  await until(async () => (await findWebhook(database.read, webhook.id))?.cursor === 2);

  assert.deepEqual(told(receiver), ['one', 'one', 'one', 'one', 'two']);
  assert.equal(new Set(receiver.messages.map(({ headers }) => headers['webhook-id'])).size, 2);
  assert.equal(failing?.lastError, 'The receiver answered with status 503.');
  assert.deepEqual(failing?.failingSince, new Date(start));
  const { attempts, failingSince, deliveredAt } =
    (await findWebhook(database.read, webhook.id)) ?? assert.fail();
  assert.deepEqual(
    { attempts, failingSince, deliveredAt },
    { attempts: 0, failingSince: null, deliveredAt: new Date(start) },
  );
});

test('what is refused five times is given up for what follows it, and can be sent again', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, receiver, webhook } = await scene(parts);
  const asked = { webhookId: webhook.id, before: Number.MAX_SAFE_INTEGER, limit: 10 };
  receiver.answer = ({ event }) => (event.name === 'odd' ? 400 : 200);

  await tell(database, ['odd', 'even']);
  await receiver.count(6);
  const [failure, another] = await listFailures(database.read, asked);
  receiver.answer = () => 200;
  await database.transaction((db) => sendAgain(db, webhook.id, [failure?.eventId ?? '']));
  await receiver.count(7);
  await until(async () => (await listFailures(database.read, asked)).length === 0);

  assert.deepEqual(told(receiver), ['odd', 'odd', 'odd', 'odd', 'odd', 'even', 'odd']);
  assert.equal(another, undefined);
  assert.partialDeepStrictEqual(failure, {
    attempts: 5,
    status: 400,
    body: receiver.messages[0]?.body,
  });
});

test('an event is refused five times before it is given up, whatever its receiver or another one said before', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, receiver, webhook, clock } = await scene(parts);
  const asked = { webhookId: webhook.id, before: Number.MAX_SAFE_INTEGER, limit: 10 };
  // For what it is at too long it is asked once; that counts against no other event.
  clock.now = start + patience + 1;
  const troubles = 4;
  receiver.answer = ({ event }) => {
    if (event.name === 'old') return 400;
    return told(receiver).filter((name) => name === 'odd').length <= troubles ? 500 : 400;
  };

  await tell(database, ['old']);
  await tell(database, ['odd'], { at: clock.now });
  await receiver.count(1 + troubles + 5);
  await until(async () => (await listFailures(database.read, asked)).length === 2);
  const [failure] = await listFailures(database.read, asked);

  assert.deepEqual(told(receiver), ['old', ...Array.from({ length: troubles + 5 }, () => 'odd')]);
  assert.equal(failure?.status, 400);
});

test('a receiver that takes nothing for too long is not asked for each of what is old by then', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, receiver, webhook, clock } = await scene(parts);
  const asked = { webhookId: webhook.id, before: Number.MAX_SAFE_INTEGER, limit: 10 };
  receiver.answer = ({ event }) => (event.name === 'new' ? 200 : 500);
  clock.now = start + patience + 1;

  await tell(database, ['old', 'old too', 'oldest']);
  await tell(database, ['new'], { at: clock.now });
  await until(async () => told(receiver).includes('new'));
  const failures = await listFailures(database.read, asked);

  assert.deepEqual(told(receiver), ['old', 'new']);
  assert.deepEqual(
    failures.map(({ attempts, body }) => [JSON.parse(body).name, attempts]),
    [
      ['oldest', 0],
      ['old too', 0],
      ['old', 1],
    ],
  );
});

/** Adds a webhook like the one of the scene, of another project. */
async function addFor(projectId: string, { database, webhook }: Awaited<ReturnType<typeof scene>>) {
  await database.transaction((db) =>
    insertWebhook(db, { ...webhook, id: randomUUID(), projectId }),
  );
}

test('a project whose receivers do not answer leaves room for what others are told', async () => {
  await using parts = new AsyncDisposableStack();
  const on = await scene(parts, { slots: 4 });
  const { database, receiver } = on;
  const never = Promise.withResolvers<number>().promise;
  receiver.answer = ({ event }) => (event.name === 'slow' ? never : 200);
  for (let count = 0; count < 4; count += 1) await addFor('another', on);

  await tell(database, ['slow'], { projectId: 'another' });
  await receiver.count(1);
  await tell(database, ['quick']);
  await receiver.count(2);

  assert.deepEqual(told(receiver), ['slow', 'quick']);
});

test('a webhook with much to be told gives its place to others meanwhile', async () => {
  await using parts = new AsyncDisposableStack();
  const on = await scene(parts, { slots: 1, turnTime: 0 });
  const { database, receiver } = on;
  await addFor('another', on);
  const much = Array.from({ length: 40 }, (_, index) => `${index}`);

  await tell(database, much);
  await tell(database, ['little'], { projectId: 'another' });
  await receiver.count(much.length + 1);

  assert.ok(told(receiver).indexOf('little') <= 2, told(receiver).join(' '));
  assert.deepEqual(
    told(receiver).filter((name) => name !== 'little'),
    much,
  );
});

test('events are kept for as long as a webhook has not been told of them', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, receiver } = await scene(parts);
  const forget = () =>
    database.transaction((db) => deleteOldEvents(db, new Date(start + 1000), 100));
  receiver.answer = () => 500;

  await tell(database, ['kept', 'kept too']);
  await receiver.count(1);
  const early = await forget();
  receiver.answer = () => 200;
  await until(async () => told(receiver).includes('kept too'));

  assert.equal(early, 0);
  await until(async () => (await forget()) === 1);
});

test('what was given up is forgotten when its time is over', async () => {
  await using parts = new AsyncDisposableStack();
  const { database, receiver, webhook, clock, delivery } = await scene(parts);
  const asked = { webhookId: webhook.id, before: Number.MAX_SAFE_INTEGER, limit: 10 };
  receiver.answer = () => 410;

  await tell(database, ['one']);
  await until(async () => (await listFailures(database.read, asked)).length === 1);
  await delivery.job.run(new AbortController().signal);
  const kept = await listFailures(database.read, asked);
  clock.now += 1001;
  await delivery.job.run(new AbortController().signal);

  assert.equal(kept.length, 1);
  assert.deepEqual(await listFailures(database.read, asked), []);
});
