import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { codeBlocks, runCommands } from '../support/documents.ts';
import {
  beginUpload,
  callService,
  createImage,
  deleteImage,
  downloadImage,
  imageWith,
  untilSaving,
  uploadImage,
} from '../support/image-calls.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';

const logging = { VITRINE_NOTIFICATION_DRIVER: 'log', VITRINE_LOG_LEVEL: 'error' };

interface LoggedEvent {
  readonly message_id: string;
  readonly event_type: string;
  readonly priority: string;
  // biome-ignore lint/suspicious/noExplicitAny: payloads differ from event to event.
  readonly payload: any;
}

/** The events in a service's log, in order. */
function loggedEvents(log: string): LoggedEvent[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line).event)
    .filter((event) => event !== undefined);
}

/** The types of events in a service's log that tell of one image. */
function typesOf(log: string, imageId: string): string[] {
  return loggedEvents(log)
    .filter(({ payload }) => (payload.id ?? payload.image_id ?? payload).includes(imageId))
    .map(({ event_type, priority }) => (priority === 'ERROR' ? `${event_type}!` : event_type));
}

async function json(service: RunningService, method: string, path: string, body?: unknown) {
  const type = method === 'PATCH' ? 'openstack-images-v2.1-json-patch' : 'json';
  const reply = await callService(service, {
    method,
    path,
    headers: { 'content-type': `application/${type}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  assert.ok(reply.status < 300, String(reply.body));
}

test('every change of an image writes its event, in order', async () => {
  await using service = await runService({
    environment: { ...logging, VITRINE_DELAYED_DELETE: 'true', VITRINE_SCRUB_TIME: '3600' },
  });
  const id = await createImage(service);
  const path = `/v2/images/${id}`;
  await json(service, 'PATCH', path, [{ op: 'replace', path: '/name', value: 'golden' }]);
  await json(service, 'PUT', `${path}/tags/a`);
  await json(service, 'DELETE', `${path}/tags/a`);
  await uploadImage(service, id, Buffer.from('hello'));
  await json(service, 'POST', `${path}/members`, { member: 'somebody' });
  await callService(service, {
    method: 'PUT',
    path: `${path}/members/somebody`,
    user: 'admin',
    body: JSON.stringify({ status: 'accepted' }),
  });
  await json(service, 'DELETE', `${path}/members/somebody`);
  await json(service, 'POST', `${path}/actions/deactivate`);
  await json(service, 'POST', `${path}/actions/deactivate`);
  await json(service, 'POST', `${path}/actions/reactivate`);
  await deleteImage(service, id);
  await callService(service, {
    method: 'POST',
    path: `/vitrine/v1/images/${id}/restore`,
    user: 'admin',
  });

  await service.stop();

  assert.deepEqual(typesOf(service.stderr(), id), [
    'image.create',
    'image.update',
    'image.update',
    'image.update',
    'image.prepare',
    'image.upload',
    'image.activate',
    'image.member.create',
    'image.member.update',
    'image.member.delete',
    'image.update',
    'image.update',
    'image.delete',
    'image.update',
  ]);
  const ids = loggedEvents(service.stderr()).map(({ message_id }) => message_id);
  assert.equal(new Set(ids).size, ids.length);
});

test('requests that are refused write no event', async () => {
  await using service = await runService({ environment: logging });
  const id = await createImage(service);
  const path = `/v2/images/${id}`;

  await callService(service, { method: 'DELETE', path, user: 'consumer' });
  await callService(service, { method: 'POST', path: `${path}/members`, body: '{}' });
  await callService(service, { method: 'POST', path: `${path}/actions/deactivate` });
  await callService(service, {
    method: 'POST',
    path: '/v2/images',
    body: JSON.stringify({ id, status: 'active' }),
  });
  await service.stop();

  assert.deepEqual(typesOf(service.stderr(), id), ['image.create']);
});

test('an upload that is cut off, and one whose image is deleted, tell of their failure', async () => {
  await using service = await runService({ environment: logging });
  const [cut, deleted] = [await createImage(service), await createImage(service)];
  for (const id of [cut, deleted]) {
    const upload = await beginUpload(service, id, { 'content-length': '10' });
    upload.on('error', () => undefined);
    upload.write('hello');
    await untilSaving(service, id);
    if (id === deleted) await deleteImage(service, id);
    upload.destroy();
  }

  await service.stop();

  const created = ['image.create', 'image.prepare'];
  assert.deepEqual(typesOf(service.stderr(), cut), [...created, 'image.upload!']);
  assert.deepEqual(typesOf(service.stderr(), deleted), [
    ...created,
    'image.delete',
    'image.upload!',
  ]);
});

test('a download tells how much was sent to whom', async () => {
  await using service = await runService({ environment: logging });
  const id = await imageWith(service, Buffer.from('hello'));
  await downloadImage(service, id);
  await downloadImage(service, id, { range: 'bytes=1-2' });

  await service.stop();

  // A download is over for its client before it is for the service: the second may be told of first.
  const sent = loggedEvents(service.stderr())
    .filter((event) => event.event_type === 'image.send')
    .toSorted((a, b) => b.payload.bytes_sent - a.payload.bytes_sent);
  assert.deepEqual(
    sent.map(({ priority, payload }) => [priority, payload.bytes_sent, payload.image_id]),
    [
      ['INFO', 5, id],
      ['INFO', 2, id],
    ],
  );
  assert.equal(sent[0]?.payload.receiver_tenant_id, sent[0]?.payload.owner_id);
  assert.match(sent[0]?.payload.receiver_user_id, /^[0-9a-f]{32}$/);
});

test('wherever the service is killed, an image is there if and only if its event is', async () => {
  await using folder = await emptyFolder();
  let [logs, images] = ['', 0];
  for (let round = 0; round < 4; round += 1) {
    await using service = await runService({ folder: folder.path, environment: logging });
    await service.token('producer');
    let acknowledged = 0;
    const reached = Promise.withResolvers<void>();
    const create = async (): Promise<void> => {
      for (;;) {
        await createImage(service);
        acknowledged += 1;
        if (acknowledged >= 20 * (round + 1)) reached.resolve();
      }
    };
    const creating = Promise.allSettled(Array.from({ length: 8 }, create));

    await reached.promise;
    await service.crash();
    await creating;

    logs += service.stderr();
    images += acknowledged;
  }

  using database = new DatabaseSync(join(folder.path, 'vitrine.db'), { readOnly: true });
  const there = database.prepare('select id from images order by id').all();
  const waiting = database.prepare('select message_id, payload from events').all();
  const delivered = loggedEvents(logs).map((event) => [event.message_id, event.payload.id]);
  const told = new Map([
    ...delivered.map(([message, id]) => [message, id] as const),
    ...waiting.map((row) => [row['message_id'], JSON.parse(String(row['payload'])).id] as const),
  ]);
  assert.ok(there.length >= images);
  assert.deepEqual(
    [...told.values()].toSorted((a, b) => a.localeCompare(b)),
    there.map((row) => row['id']),
  );
});

test('without a driver no event is kept', async () => {
  await using service = await runService();
  await imageWith(service, Buffer.from('hello'));
  await service.stop();

  using database = new DatabaseSync(join(service.folder, 'vitrine.db'), { readOnly: true });

  assert.deepEqual(database.prepare('select * from events').all(), []);
  assert.deepEqual(loggedEvents(service.stderr()), []);
});

test('the configuration and the command of the guide find who shared what', async () => {
  const [file = ''] = await codeBlocks('events.md', 'yaml');
  const [command = ''] = await codeBlocks('events.md', 'sh');
  await using folder = await emptyFolder();
  await writeFile(join(folder.path, 'vitrine.yaml'), file);
  await using service = await runService({
    environment: { VITRINE_CONFIG: join(folder.path, 'vitrine.yaml') },
  });
  const id = await imageWith(service, Buffer.from('hello'));
  await downloadImage(service, id);
  await json(service, 'POST', `/v2/images/${id}/members`, { member: 'somebody' });
  await service.stop();
  const log = join(folder.path, 'log');
  await writeFile(log, service.stderr());

  const found = await runCommands(command, { LOG_FILE: log });

  const [shared, ...more] = loggedEvents(found);
  assert.partialDeepStrictEqual(shared, {
    publisher_id: 'image.host1',
    payload: { image_id: id, member_id: 'somebody', status: 'pending' },
  });
  assert.deepEqual(more, []);
  assert.deepEqual(typesOf(service.stderr(), id), [
    'image.create',
    'image.upload',
    'image.activate',
    'image.member.create',
  ]);
});

test('disabled events are named with commas in the environment', () => {
  const environment = { VITRINE_DISABLED_NOTIFICATIONS: 'image.send, image.member' };

  const config = loadConfig(environment, () => '');

  assert.deepEqual(config.disabledNotifications, ['image.send', 'image.member']);
});
