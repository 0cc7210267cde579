import type { Selectable } from 'kysely';
import type { ProjectEvent } from '../domain/project-event.ts';
import type { Connection, Database } from './database.ts';
import { eventsWritten, lockForEvents } from './locks.ts';
import { prepared } from './prepared.ts';
import type { ProjectEventRow } from './share-tables.ts';

const insert = prepared<Omit<Selectable<ProjectEventRow>, 'id'>, unknown>((db, value) =>
  db.insertInto('project_events').values({
    project_id: value('project_id'),
    event_id: value('event_id'),
    event_type: value('event_type'),
    image_id: value('image_id'),
    data: value('data'),
    created_at: value('created_at'),
  }),
);

/** Writes what projects are told of, in the transaction of the change. */
export async function insertProjectEvents(
  db: Connection,
  events: readonly ProjectEvent[],
): Promise<void> {
  if (events.length > 0) await lockForEvents(db);
  for (const event of events) {
    await insert(db, {
      project_id: event.projectId,
      event_id: event.id,
      event_type: event.type,
      image_id: event.imageId,
      data: JSON.stringify(event.data),
      created_at: event.at.getTime(),
    });
  }
}

/** An event in its place. */
export interface NumberedEvent {
  /** Grows with every event, of whichever project. */
  readonly number: number;
  readonly event: ProjectEvent;
}

/** Events in a range of numbers; of one project, if one is given. */
export interface EventRange {
  readonly projectId?: string | undefined;
  readonly after: number;
  /** Inclusive. */
  readonly upTo: number;
  readonly limit: number;
}

/** The events in that range, the oldest first. None of it may still be being written: see `newestEvent`. */
export async function listProjectEvents(
  db: Connection,
  { projectId, after, upTo, limit }: EventRange,
): Promise<readonly NumberedEvent[]> {
  const events = db
    .selectFrom('project_events')
    .selectAll()
    .where('id', '>', after)
    .where('id', '<=', upTo)
    .orderBy('id')
    .limit(limit);
  const asked = projectId === undefined ? events : events.where('project_id', '=', projectId);
  return (await asked.execute()).map(eventFromRow);
}

const selectNewest = prepared<object, { id: number | null }>((db) =>
  db.selectFrom('project_events').select((eb) => eb.fn.max('id').as('id')),
);

/**
 * The number up to which all events are written: none that is lower will come. The caller knows of those up to
 * `known`, so that nobody is held up where nothing is new.
 */
export async function newestEvent(database: Database, known: number): Promise<number> {
  const newest = await newestOf(database.read);
  if (newest > known) await eventsWritten(database.read);
  return newest;
}

async function newestOf(db: Connection): Promise<number> {
  const { rows } = await selectNewest(db, {});
  return Number(rows[0]?.id ?? 0);
}

/** The number of the oldest event that is kept; undefined for none. */
export async function oldestEvent(db: Connection): Promise<number | undefined> {
  const row = await db
    .selectFrom('project_events')
    .select('id')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

/**
 * Forgets events from before a time, but never the newest, whose number tells where to go on, nor what a webhook has
 * still to be told, or a mail address of what is not from before `unmailed`; how many.
 */
export async function deleteOldEvents(
  db: Connection,
  before: Date,
  limit: number,
  unmailed: Date = before,
): Promise<number> {
  const old = db
    .selectFrom('project_events')
    .select('id')
    .where('created_at', '<', before.getTime())
    .where('id', '<', (eb) =>
      eb.selectFrom('project_events as all').select((e) => e.fn.max('all.id').as('id')),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('webhooks')
            .select('webhooks.id')
            .whereRef('webhooks.project_id', '=', 'project_events.project_id')
            .whereRef('webhooks.cursor', '<', 'project_events.id'),
        ),
      ),
    )
    .where((eb) =>
      eb.or([
        eb('created_at', '<', unmailed.getTime()),
        eb.not(
          eb.exists(
            eb
              .selectFrom('mail_addresses')
              .select('mail_addresses.id')
              .whereRef('mail_addresses.project_id', '=', 'project_events.project_id')
              .whereRef('mail_addresses.cursor', '<', 'project_events.id')
              .where('mail_addresses.verified_at', 'is not', null),
          ),
        ),
      ]),
    )
    .orderBy('created_at')
    .limit(limit);
  const { numDeletedRows } = await db
    .deleteFrom('project_events')
    .where('id', 'in', old)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

function eventFromRow(row: Selectable<ProjectEventRow>): NumberedEvent {
  return {
    number: row.id,
    event: {
      projectId: row.project_id,
      id: row.event_id,
      type: row.event_type,
      imageId: row.image_id,
      data: JSON.parse(row.data),
      at: new Date(row.created_at),
    },
  };
}
