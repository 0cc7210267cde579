import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after as afterAll, before, test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ConsumeMessage, connect } from 'amqplib';
import { loadConfig } from '../../src/config.ts';
import { codeBlocks } from '../support/documents.ts';
import { callService, createImage, deleteImage, uploadImage } from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { type RabbitMq, rabbitMq } from './rabbitmq.ts';

let broker: RabbitMq;
before(async () => {
  broker = await rabbitMq();
});
afterAll(() => broker[Symbol.asyncDispose]());

/** Publishes to queues that no other test looks at. */
function publishing(topic: string, url = broker.url) {
  return {
    VITRINE_NOTIFICATION_DRIVER: 'messagingv2',
    VITRINE_NOTIFICATION_TRANSPORT_URL: url,
    VITRINE_NOTIFICATION_TOPICS: topic,
    VITRINE_DEFAULT_PUBLISHER_ID: 'image.host1',
  };
}

const newTopic = () => `test-${randomUUID()}`;

// biome-ignore lint/suspicious/noExplicitAny: payloads differ from event to event.
type Told = Record<string, any>;

/** All that comes at the queues of a topic, which are as those who listen declare them. */
async function listenTo(topic: string) {
  const connection = await connect(broker.url);
  connection.on('error', () => undefined);
  const channel = await connection.createChannel();
  const raw: ConsumeMessage[] = [];
  await channel.assertExchange('glance', 'topic', { durable: false });
  for (const queue of [`${topic}.info`, `${topic}.error`]) {
    await channel.assertQueue(queue, { durable: false });
    await channel.bindQueue(queue, 'glance', queue);
    await channel.consume(queue, (message) => message && raw.push(message), { noAck: true });
  }
  const messages = (): Told[] =>
    raw.map(({ content }) => JSON.parse(JSON.parse(content.toString())['oslo.message']));
  return {
    raw,
    messages,
    /** Images whose creation was told of, in order, each once. */
    created: () => [
      ...new Set(
        messages()
          .filter(({ event_type }) => event_type === 'image.create')
          .map(({ payload }) => payload.id as string),
      ),
    ],
    [Symbol.asyncDispose]: () => connection.close().catch(() => undefined),
  };
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + 30_000; !isSo(); await after(20)) {
    assert.ok(Date.now() < end, `in vain: ${what}`);
  }
}

async function createImages(service: RunningService, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) ids.push(await createImage(service));
  return ids;
}

/** A life of an image and of a member of it. */
async function liveALife(service: RunningService): Promise<string> {
  const id = await createImage(service);
  await uploadImage(service, id, Buffer.from('hello'));
  const members = `/v2/images/${id}/members`;
  await callService(service, { method: 'POST', path: members, body: '{"member": "somebody"}' });
  const path = `${members}/somebody`;
  const body = '{"status": "accepted"}';
  await callService(service, { method: 'PUT', path, user: 'admin', body });
  await callService(service, { method: 'DELETE', path });
  await deleteImage(service, id);
  return id;
}

const life = [
  'image.create',
  'image.prepare',
  'image.upload',
  'image.activate',
  'image.member.create',
  'image.member.update',
  'image.member.delete',
  'image.delete',
];

test('a listener of oslo.messaging hears what happens to an image and its members', async () => {
  const topic = newTopic();
  const script = fileURLToPath(new URL('listener.py', import.meta.url));
  const url = broker.url.replace('amqp:', 'rabbit:');
  const listener = spawn('/usr/bin/python3', [script, url, 'glance', topic], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(listener, 'exit');
  const heard: Told[] = [];
  createInterface(listener.stdout).on('line', (line) => heard.push(JSON.parse(line)));
  try {
    await using service = await runService({ environment: publishing(topic) });
    const id = await liveALife(service);
    await until(() => heard.length >= life.length, 'all is heard');

    assert.deepEqual(
      heard.map(({ event_type }) => event_type),
      life,
    );
    assert.partialDeepStrictEqual(heard[0], {
      priority: 'info',
      publisher_id: 'image.host1',
      payload: { id, status: 'queued', deleted: false },
    });
    assert.match(heard[0]?.['metadata'].message_id, /^[0-9a-f-]{36}$/);
    assert.partialDeepStrictEqual(heard[4]?.['payload'], { image_id: id, member_id: 'somebody' });
  } finally {
    listener.kill('SIGKILL');
    await ended;
  }
});

test('nothing waits for a broker that is away, nor is lost with the service, and all comes when it is back', async () => {
  const topic = newTopic();
  const environment = publishing(topic);
  await using folder = await emptyFolder();
  const ids: string[] = [];
  {
    await using service = await runService({ folder: folder.path, environment, logsErrors: true });
    ids.push(...(await createImages(service, 1)));
    {
      await using listener = await listenTo(topic);
      await until(() => listener.created().length === 1, 'the first is told of');
    }
    await broker.crash();
    const began = Date.now();
    ids.push(...(await createImages(service, 20)));
    assert.ok(Date.now() - began < 10_000, 'requests have waited for the broker');
    await until(() => service.stderr().includes('RabbitMQ at 127.0.0.1:'), 'it is told of');
    await service.crash();
  }
  await using service = await runService({ folder: folder.path, environment, logsErrors: true });
  ids.push(...(await createImages(service, 20)));

  await broker.start();
  await using listener = await listenTo(topic);

  await until(() => listener.created().length >= 40, 'all are told of');
  assert.deepEqual(listener.created(), ids.slice(1));
  // So Glance 25.1 publishes with oslo.messaging 14.0, but that it says the usual priority of AMQP, 0, aloud. Its payloads have
  // the same keys with the same kinds of values; one without named stores leaves `backend` out of image.prepare.
  const { properties, fields } = listener.raw[0] ?? {};
  assert.deepEqual(
    [fields?.exchange, fields?.routingKey, properties?.contentType, properties?.deliveryMode],
    ['glance', `${topic}.info`, 'application/json', 2],
  );
  assert.deepEqual(Object.keys(listener.messages()[0] ?? {}).sort(), [
    '_unique_id',
    'event_type',
    'message_id',
    'payload',
    'priority',
    'publisher_id',
    'timestamp',
  ]);
});

test('wherever the service is killed, what was acknowledged is published', async () => {
  const topic = newTopic();
  const environment = publishing(topic);
  await using folder = await emptyFolder();
  await using listener = await listenTo(topic);
  const acknowledged: string[] = [];
  for (let kill = 0; kill < 3; kill += 1) {
    await using service = await runService({ folder: folder.path, environment });
    const [told, made] = [listener.raw.length, acknowledged.length];
    const create = async (): Promise<void> => {
      for (;;) acknowledged.push(await createImage(service));
    };
    const creating = Promise.allSettled([create(), create(), create()]);
    // What is published begins to come; what follows is committed, and is not.
    await until(() => listener.raw.length > told && acknowledged.length > made, 'it begins');
    await after(100 + 300 * kill);
    await service.crash();
    await creating;
  }

  await using service = await runService({ folder: folder.path, environment });
  const last = await createImage(service);
  await until(() => listener.created().includes(last), 'the last one is told of');

  const told = new Set(listener.created());
  assert.deepEqual(
    acknowledged.filter((id) => !told.has(id)),
    [],
  );
});

test('a broker that stands still does not keep a service from ending, and is told later', async () => {
  const topic = newTopic();
  const environment = publishing(topic);
  await using folder = await emptyFolder();
  await using listener = await listenTo(topic);
  let ids: string[] = [];
  {
    await using service = await runService({ folder: folder.path, environment, logsErrors: true });
    ids = await createImages(service, 1);
    await until(() => listener.created().length === 1, 'the first is told of');
    broker.signal('SIGSTOP');
    try {
      ids.push(...(await createImages(service, 3)));
      const began = Date.now();
      const { code } = await service.stop();
      assert.deepEqual([code, Date.now() - began < 9000], [0, true]);
    } finally {
      broker.signal('SIGCONT');
    }
  }

  await using service = await runService({ folder: folder.path, environment });
  ids.push(await createImage(service));

  await until(() => listener.created().length >= ids.length, 'all are told of');
  assert.deepEqual(listener.created(), ids);
});

test('the settings of the guide are settings', async () => {
  const [file = ''] = await codeBlocks('notifications.md', 'yaml');
  await using folder = await emptyFolder();
  const path = join(folder.path, 'vitrine.yaml');
  await writeFile(path, file);

  const { notificationTransportUrl: broker } = loadConfig({ VITRINE_CONFIG: path }, (name) =>
    readFileSync(name, 'utf8'),
  );

  assert.deepEqual(
    broker?.hosts.map(({ host, port, user }) => [host, port, user]),
    [
      ['rabbit1.example.org', 5672, 'glance'],
      ['rabbit2.example.org', 5672, 'glance'],
    ],
  );
});

test('a broker that refuses the login is told of without it', async () => {
  const wrong = `wrong-${randomUUID()}`;
  const url = broker.url.replace(broker.password, wrong);
  await using service = await runService({
    environment: publishing(newTopic(), url),
    logsErrors: true,
  });
  await createImage(service);

  await until(() => service.stderr().includes('ACCESS_REFUSED'), 'it is told of');
  await service.stop();

  assert.doesNotMatch(service.stdout() + service.stderr(), new RegExp(wrong));
});
