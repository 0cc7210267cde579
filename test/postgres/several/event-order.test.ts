import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../../../src/database/database.ts';
import { insertEvents, listEvents } from '../../../src/database/events.ts';
import {
  insertProjectEvents,
  listProjectEvents,
  newestEvent,
} from '../../../src/database/project-events.ts';
import {
  openAt,
  type PostgresDatabase,
  postgresDatabase,
} from '../../support/postgres/databases.ts';

let store: PostgresDatabase;
let writer: Database;
let reader: Database;
const parts = new AsyncDisposableStack();

before(async () => {
  store = parts.use(await postgresDatabase());
  writer = parts.use(await openAt(store.url));
  reader = parts.use(await openAt(store.url));
});

after(() => parts.disposeAsync());

/** Writes an event of each kind, and commits once `until` is resolved; `begun` is when it has its numbers. */
function write(name: string, until: Promise<void> = Promise.resolve()) {
  const begun = Promise.withResolvers<void>();
  const at = new Date();
  const committed = writer.transaction(async (db) => {
    const more = { imageId: null, at, data: { name } };
    await insertProjectEvents(db, [{ id: randomUUID(), projectId: 'p', type: 'x', ...more }]);
    const event = { type: 'image.create', priority: 'INFO', payload: { name } } as const;
    await insertEvents(db, [{ messageId: randomUUID(), event: event as never, at }]);
    begun.resolve();
    await until;
  });
  return { begun: begun.promise, committed };
}

test('what is committed later than what follows it is read before it, and nobody is kept from writing meanwhile', async () => {
  const gate = Promise.withResolvers<void>();
  const slow = write('first', gate.promise);
  await slow.begun;
  await write('second').committed;

  let isKnown = false;
  const newest = newestEvent(reader, 0).finally(() => {
    isKnown = true;
  });
  const listed = listEvents(reader, 'sink', 10);
  await pause(100);
  await write('third').committed;
  const end = Promise.withResolvers<void>();
  const later = write('fourth', end.promise);
  await later.begun;
  const early = isKnown;
  gate.resolve();
  await slow.committed;

  assert.equal(early, false, 'it knows how far events go while one is being written');
  // Whoever has begun since is not waited for.
  const upTo = await newest;
  const events = await listProjectEvents(reader.read, { after: 0, upTo, limit: 10 });
  const names = (all: readonly { data: unknown }[]) =>
    all.map(({ data }) => (data as { name: string }).name);
  assert.deepEqual(names(events.map(({ event }) => event)), ['first', 'second']);
  const stored = (await listed).map(({ event }) => ({ data: event.payload }));
  assert.deepEqual(names(stored), ['first', 'second']);
  end.resolve();
  await later.committed;
});

test('whoever takes too long over an event is waited for in vain, which is told as such', async () => {
  const gate = Promise.withResolvers<void>();
  const stuck = write('stuck', gate.promise);
  await stuck.begun;
  await write('behind').committed;
  const begun = performance.now();

  await assert.rejects(newestEvent(reader, 0), {
    name: 'RetryLaterError',
    code: 'DatabaseUnavailable',
  });

  assert.ok(performance.now() - begun < 4000, 'it holds up the end of the service');
  gate.resolve();
  await stuck.committed;
  assert.ok((await newestEvent(reader, 0)) > 0);
});
