import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import { type ImageEvent, imageEvent } from '../../src/domain/event.ts';
import type { EventMessage, EventSink } from '../../src/service/event-sink.ts';
import { type EventsOptions, eventsService } from '../../src/service/events.ts';
import { emptyDatabase } from '../support/database.ts';
import { imageWith } from '../support/domain.ts';

const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));

function created(name: string): ImageEvent {
  return imageEvent('image.create', imageWith({ name }));
}

/** A sink that takes everything, but fails after taking for the first `failures` times. */
function sinkOf(failures = 0): EventSink & { readonly taken: EventMessage[] } {
  const taken: EventMessage[] = [];
  let left = failures;
  return {
    name: 'test',
    taken,
    async deliver(messages) {
      taken.push(...messages);
      left -= 1;
      if (left >= 0) throw new Error('The sink fails.');
    },
  };
}

function eventsOn(database: Database, sink: EventSink | undefined, rest?: Partial<EventsOptions>) {
  return eventsService({
    database,
    sink,
    publisherId: 'image.test',
    disabled: [],
    clock: () => at,
    report: () => {},
    ...rest,
  });
}

function namesOf(messages: readonly EventMessage[]): unknown[] {
  return messages.map(({ payload }) => (payload as { name: string }).name);
}

/** Delivers all there is. */
async function deliverAll(database: Database, sink: EventSink): Promise<void> {
  await eventsOn(database, sink).startDelivering()[Symbol.asyncDispose]();
}

async function waiting(database: Database): Promise<number> {
  return (await database.read.selectFrom('events').select('id').execute()).length;
}

test('events are delivered in order, in their envelope, and then removed', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  const sink = sinkOf();
  const events = eventsOn(database, sink);
  const names = Array.from({ length: 450 }, (_, number) => `image ${number}`);
  await database.transaction(async (db) => {
    for (const name of names) await events.record(db, created(name));
  });

  await deliverAll(database, sink);

  assert.deepEqual(namesOf(sink.taken), names);
  const [{ message_id, payload, ...envelope } = { message_id: '', payload: undefined }] =
    sink.taken;
  assert.match(message_id, /^[0-9a-f-]{36}$/);
  assert.deepEqual(payload, created('image 0').payload);
  assert.deepEqual(envelope, {
    publisher_id: 'image.test',
    event_type: 'image.create',
    priority: 'INFO',
    timestamp: '2026-01-02 03:04:05.678000',
  });
  assert.equal(await waiting(database), 0);
});

test('an event is there only with its change', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  const sink = sinkOf();
  const events = eventsOn(database, sink);
  const change = database.transaction(async (db) => {
    await events.record(db, created('never'));
    throw new Error('The change fails.');
  });

  await assert.rejects(change);
  await deliverAll(database, sink);

  assert.deepEqual(sink.taken, []);
});

test('what could not be written at first is written at the next turn, in order', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  const sink = sinkOf();
  const reported: unknown[] = [];
  const failed = Promise.withResolvers<void>();
  const events = eventsOn(database, sink, {
    interval: 10,
    report: (_text, cause) => {
      reported.push(cause);
      failed.resolve();
    },
  });
  await sql`alter table events rename to events_away`.execute(database.write);
  for (const name of ['a', 'b']) events.recordLater(created(name));

  const delivering = events.startDelivering();
  await failed.promise;
  events.recordLater(created('c'));
  await sql`alter table events_away rename to events`.execute(database.write);
  await delivering[Symbol.asyncDispose]();

  assert.match(String(reported[0]), /no such table|does not exist/);
  assert.deepEqual(namesOf(sink.taken), ['a', 'b', 'c']);
});

test('what a sink may not have taken comes again, with the same ids and nothing left out', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  const sink = sinkOf(1);
  const events = eventsOn(database, sink);
  await events.record(database.write, created('a'), created('b'));

  await using delivering = events.startDelivering();
  await delivering[Symbol.asyncDispose]();

  assert.deepEqual(namesOf(sink.taken), ['a', 'b', 'a', 'b']);
  assert.deepEqual(
    sink.taken.slice(2).map(({ message_id }) => message_id),
    sink.taken.slice(0, 2).map(({ message_id }) => message_id),
  );
});

test('a restart goes on where delivery ended, and never gives an id out again', async () => {
  await using store = await emptyDatabase();
  const first = sinkOf();
  await eventsOn(store.database, first).record(store.database.write, created('a'));
  await deliverAll(store.database, first);
  await store.database.close();

  await using database = await store.open();
  const second = sinkOf();
  await eventsOn(database, second).record(database.write, created('b'));
  await deliverAll(database, second);

  assert.deepEqual(namesOf(second.taken), ['b']);
});

test('what changes nothing is written with others, in one commit', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  const sink = sinkOf();
  const events = eventsOn(database, sink);

  for (const name of ['a', 'b', 'c']) events.recordLater(created(name));
  const before = await waiting(database);
  await events.startDelivering()[Symbol.asyncDispose]();

  assert.equal(before, 0);
  assert.deepEqual(namesOf(sink.taken), ['a', 'b', 'c']);
});

test('nothing is written without a sink, nor of what is disabled', async () => {
  await using store = await emptyDatabase();
  const { database } = store;

  await eventsOn(database, undefined).record(database.write, created('a'));
  await eventsOn(database, sinkOf(), { disabled: ['image'] }).record(database.write, created('b'));

  assert.equal(await waiting(database), 0);
});
