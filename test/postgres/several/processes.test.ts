import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { migrations, newestStep } from '../../../src/database/postgres/migrations.ts';
import { recoverUploads, recoveryJob } from '../../../src/service/cut-uploads.ts';
import { createImage, dataType, share } from '../../support/images.ts';
import { openAt, postgresDatabase } from '../../support/postgres/databases.ts';
import { startPair } from '../../support/postgres/services.ts';
import type { TestService } from '../../support/service.ts';
import { onlyStore } from '../../support/stores.ts';

/** Waits until `isSo`, as somebody does who looks again and again. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await isSo()) return;
    await after(20);
  }
  assert.fail('it does not come to pass');
}

test('several processes start on an empty database at once: one makes its tables, all use them', async () => {
  await using store = await postgresDatabase('template0');

  const opened = await Promise.all([1, 2, 3, 4].map(() => openAt(store.url)));
  const found = await Promise.all(
    opened.map(({ read }) => sql`select name from kysely_migration`.execute(read)),
  );
  await Promise.all(opened.map((database) => database.close()));

  for (const { rows } of found)
    assert.deepEqual(
      rows.map((row) => (row as { name: string }).name),
      Object.keys(migrations),
    );
});

test('a database of a newer release is used when all its steps bear this one, and else left as it is', async () => {
  await using store = await postgresDatabase();
  await using database = await openAt(store.url);
  const insert = (step: string, compatibleFrom: string) =>
    database.transaction(async (db) => {
      await sql`insert into kysely_migration values (${step}, '2030-01-01')`.execute(db);
      await sql`insert into schema_compatibility values (${step}, ${compatibleFrom})`.execute(db);
    });

  await insert('9998-additive', newestStep);
  await (await openAt(store.url)).close();
  await insert('9999-contraction', '9998-additive');

  await assert.rejects(openAt(store.url), /newer release than this one.*: it has 9999-contraction/);
  const { rows } = await sql<{
    name: string;
  }>`select name from kysely_migration order by name`.execute(database.read);
  assert.equal(rows.length, Object.keys(migrations).length + 2);
});

test('what one service does, the other knows at once', async () => {
  await using pair = await startPair();
  const [first, second] = pair.services;
  const { id } = await createImage(first);

  await share(second, id, 'consumer');
  const accepted = await first.call(
    'consumer',
    'PUT',
    `/v2/images/${id}/members/${first.projects.consumer}`,
    { status: 'accepted' },
  );
  const listed = await second.call('consumer', 'GET', '/v2/images');
  await second.call('producer', 'PUT', `/v2/images/${id}/file`, 'data', dataType);
  const data = await first.call('consumer', 'GET', `/v2/images/${id}/file`);

  assert.equal(accepted.status, 200);
  assert.deepEqual(
    listed.json.images.map((image: { id: string }) => image.id),
    [id],
  );
  assert.equal(data.text, 'data');
  assert.ok(!(await readdir(second.folder)).includes('clouds.yaml'), 'the accounts are there');
});

test('a token that one service revokes opens nothing at the other either', async () => {
  await using pair = await startPair();
  const [first, second] = pair.services;
  const show = () => second.call('producer', 'GET', '/v2/images');
  const subject = { 'x-subject-token': first.tokens.producer };

  const before = await show();
  await first.call('admin', 'DELETE', '/identity/v3/auth/tokens', undefined, subject);
  await until(async () => (await show()).status === 401);

  assert.equal(before.status, 200);
});

test('an order of marker and page that one service began goes on at the other', async () => {
  // A page that hides all it looked at ends with a marker that only its makers can read.
  const policies = { get_image: 'role:admin or (role:reader and owner)' };
  const { configOf } = await import('../../support/config.ts');
  const { policies: read } = configOf(`policies:\n  get_image: "${policies.get_image}"`);
  await using pair = await startPair({ policies: read });
  const [first, second] = pair.services;
  const { id } = await createImage(first, { visibility: 'private' }, 'consumer');
  await using database = await first.openDatabase().catch(() => openAt(pair.url));
  await hideMany(pair.url);

  const page = await first.call('consumer', 'GET', '/v2/images?limit=2');
  const next = await second.call('consumer', 'GET', page.json.next);

  assert.ok(database);
  assert.deepEqual(page.json.images, []);
  assert.deepEqual(
    next.json.images.map((image: { id: string }) => image.id),
    [id],
  );
});

/** Makes public images of another project that are newer than all others, more than a request looks at. */
async function hideMany(url: string): Promise<void> {
  await using database = await openAt(url);
  await sql`insert into images (id, owner, status, visibility, protected, os_hidden, min_disk, min_ram,
      tags, properties, created_at, updated_at)
    select lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000', 'nobody', 'queued', 'public',
      0, 0, 0, 0, '[]', '{}', 9e12, 9e12
    from generate_series(1, 12000) as n`.execute(database.write);
}

test('events are delivered once, whichever service they come from', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  await using store = await postgresDatabase();
  await using one = await openAt(store.url);
  await using other = await openAt(store.url);
  const { eventsService } = await import('../../../src/service/events.ts');
  const { imageEvent } = await import('../../../src/domain/event.ts');
  const { imageWith } = await import('../../support/domain.ts');
  const taken: string[] = [];
  const sink = {
    name: 'test',
    async deliver(messages: readonly { readonly message_id: string }[]) {
      await after(5);
      taken.push(...messages.map(({ message_id }) => message_id));
    },
  };
  const services = [one, other].map((database) => ({
    database,
    events: eventsService({
      database,
      sink,
      publisherId: 'test',
      disabled: [],
      interval: 10,
      clock: () => new Date(),
      report: (text, cause) => log.error({ err: cause }, text),
    }),
  }));
  const delivering = services.map(({ events }) => events.startDelivering());

  const writes = Array.from({ length: 200 }, async (_, n) => {
    const { database, events } = services[n % 2] ?? assert.fail();
    await database.transaction((db) =>
      events.record(db, imageEvent('image.update', imageWith({ name: `image ${n}` }))),
    );
  });
  await Promise.all(writes);
  await until(async () => taken.length >= 200);
  for (const one of delivering) await one[Symbol.asyncDispose]();

  assert.equal(taken.length, 200);
  assert.equal(new Set(taken).size, 200);
  assert.deepEqual(lines, []);
});

/** Begins an upload that does not end, and waits until its image is saving. */
async function beginUpload(service: TestService, id: string) {
  const outgoing = request(`${service.url}/v2/images/${id}/file`, {
    method: 'PUT',
    headers: { ...dataType, 'x-auth-token': service.tokens.producer },
  });
  outgoing.on('error', () => undefined);
  const answered = new Promise<number>((resolve) => {
    outgoing.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  outgoing.write('begun');
  await until(async () => (await statusOf(service, id)) === 'saving');
  return { outgoing, answered };
}

async function statusOf(service: TestService, id: string): Promise<string> {
  return (await service.call('producer', 'GET', `/v2/images/${id}`)).json.status;
}

/** What puts uploads right, once nobody has heard of the services on that database for a while. */
async function recoveryBeside(url: string, { folder }: TestService) {
  await using parts = new AsyncDisposableStack();
  const database = parts.use(await openAt(url));
  await sql`update processes set seen_at = seen_at - 3600000`.execute(database.write);
  const gone = await database.processes.listGone();
  const { filesystemStore } = await import('../../../src/store/filesystem.ts');
  const { hashers } = await import('../../../src/store/hashing.ts');
  const threads = parts.use(hashers({ pairs: 1 }));
  const reported: unknown[] = [];
  const directory = join(folder, 'images');
  const options = {
    database,
    stores: onlyStore(
      filesystemStore({ id: 'file', directory, minFreeBytes: 0, hashers: threads }),
    ),
    events: { record: async () => {}, recordLater: () => {}, startDelivering: () => assert.fail() },
    report: (text: string) => reported.push(text),
  };
  const rest = parts.move();
  return { options, reported, gone, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

test('an upload that ends while it is put right is either whole or gone', async () => {
  await using pair = await startPair();
  const [first, second] = pair.services;
  const { id } = await createImage(first);
  const upload = await beginUpload(first, id);
  await using recovery = await recoveryBeside(pair.url, second);
  const { options, gone } = recovery;
  let answer = 0;
  const store = {
    ...options.stores.default.store,
    async discard(imageId: string) {
      upload.outgoing.end('and ended');
      answer = await upload.answered;
      await options.stores.default.store.discard(imageId);
    },
  };

  await recoverUploads({ ...options, stores: onlyStore(store) }, gone[0] ?? '');

  assert.equal(answer, 410);
  assert.equal(await statusOf(second, id), 'queued');
});

test('a start leaves the running uploads of others alone, and those of the gone are put right', async () => {
  await using pair = await startPair();
  const [first, second] = pair.services;
  const { id } = await createImage(first);
  const upload = await beginUpload(first, id);
  const { startBeside } = await import('../../support/postgres/services.ts');
  const { addressIn } = await import('../../support/postgres/databases.ts');

  // A further process starts, and looks for the gone.
  await using third = await startBeside(first, { databaseUrl: addressIn(pair.url) });
  const during = await statusOf(third, id);

  await using recovery = await recoveryBeside(pair.url, second);
  const { options, reported, gone } = recovery;
  await recoveryJob(options)?.run(new AbortController().signal);
  assert.equal(await statusOf(second, id), 'queued');
  upload.outgoing.end('and ended');
  const answer = await upload.answered;
  const again = await second.call('producer', 'PUT', `/v2/images/${id}/file`, 'new', dataType);
  const data = await second.call('producer', 'GET', `/v2/images/${id}/file`);

  assert.equal(during, 'saving');
  assert.equal(gone.length, 1);
  assert.equal(answer, 410);
  assert.equal(again.status, 204);
  assert.equal(data.text, 'new');
  assert.deepEqual(reported, []);
  await recoverUploads(options, gone[0] ?? '');
  assert.equal(await statusOf(second, id), 'active');
});

test('a process that ends takes its sign of life away', async () => {
  await using store = await postgresDatabase();
  await using stays = await openAt(store.url);
  const leaves = await openAt(store.url);
  const count = async () =>
    (await sql`select id from processes`.execute(stays.read)).rows.map(
      (row) => row as { id: string },
    );

  const before = await count();
  await leaves.close();

  assert.equal(before.length, 2);
  assert.deepEqual(await count(), [{ id: stays.processes.id }]);
});
