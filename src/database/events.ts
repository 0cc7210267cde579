import type { ImageEvent } from '../domain/event.ts';
import type { Connection, Database } from './database.ts';
import { isPostgres } from './dialect.ts';
import { eventsWritten, lockForEvents } from './locks.ts';

/** An event as it waits to be delivered. */
export interface StoredEvent {
  /** Grows with every event. */
  readonly id: number;
  /** UUID; the same whenever the event is delivered again. */
  readonly messageId: string;
  readonly event: ImageEvent;
  readonly at: Date;
}

/** Writes events, in order; to be called in the transaction of the change that they tell of. */
export async function insertEvents(
  db: Connection,
  events: readonly Omit<StoredEvent, 'id'>[],
): Promise<void> {
  const rows = events.map(({ messageId, event, at }) => ({
    message_id: messageId,
    event_type: event.type,
    priority: event.priority,
    payload: JSON.stringify(event.payload),
    created_at: at.getTime(),
  }));
  await lockForEvents(db);
  await db.insertInto('events').values(rows).execute();
}

/** The events that a sink has not taken yet, the oldest first. */
export async function listEvents(
  database: Database,
  sink: string,
  limit: number,
): Promise<StoredEvent[]> {
  const events = await selectEvents(database.read, { sink, limit });
  const newest = events.at(-1);
  if (!newest || !isPostgres(database.read)) return events;
  // What was still being written may come before what was there.
  await eventsWritten(database.read);
  return await selectEvents(database.read, { sink, limit, upTo: newest.id });
}

interface Selection {
  readonly sink: string;
  readonly limit: number;
  /** Inclusive. */
  readonly upTo?: number;
}

async function selectEvents(
  db: Connection,
  { sink, limit, upTo = Number.MAX_SAFE_INTEGER }: Selection,
): Promise<StoredEvent[]> {
  const cursor = db.selectFrom('event_cursors').select('event_id').where('sink', '=', sink);
  const rows = await db
    .selectFrom('events')
    .selectAll()
    .where('id', '>', (eb) => eb.fn.coalesce(cursor, eb.lit(0)))
    .where('id', '<=', upTo)
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    messageId: row.message_id,
    event: { type: row.event_type, priority: row.priority, payload: JSON.parse(row.payload) },
    at: new Date(row.created_at),
  }));
}

/**
 * Notes that a sink has taken the events up to `eventId`, and removes them. There is one sink at a time: another one
 * was the operator's choice before, and takes nothing any more.
 */
export async function advanceCursor(db: Connection, sink: string, eventId: number): Promise<void> {
  await db
    .insertInto('event_cursors')
    .values({ sink, event_id: eventId })
    .onConflict((conflict) => conflict.column('sink').doUpdateSet({ event_id: eventId }))
    .execute();
  await db.deleteFrom('event_cursors').where('sink', '<>', sink).execute();
  await db.deleteFrom('events').where('id', '<=', eventId).execute();
}
