import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { RetryLaterError } from '../domain/retry-later.ts';
import type { Connection } from './database.ts';
import { isPostgres } from './dialect.ts';
import { type Answer, prepared, sentAhead } from './prepared.ts';

/*
 * What makes a change safe from those that other processes make at the same time. A transaction on PostgreSQL
 * sees what others have committed by each of its statements, so it locks what it judges before it looks at it:
 * the image first, then what its project uses. SQLite runs one change at a time and needs none of this.
 */

const selectImage = sentAhead<{ id: string }>((db, value) =>
  db.selectFrom('images').select('id').where('id', '=', value('id')).forUpdate(),
);

/** Keeps other changes of an image, its members and its upload off until the transaction ends. */
export function lockImage(db: Connection, id: string): Answer<unknown> | undefined {
  return isLocking(db) ? selectImage(db, { id }) : undefined;
}

const insertUsage = prepared<{ projectId: string }, unknown>((db, value) =>
  db
    .insertInto('project_usage')
    .values({ project_id: value('projectId'), images: 0, bytes: 0, staged_bytes: 0, uploads: 0 })
    .onConflict((conflict) => conflict.doNothing()),
);

const selectUsage = prepared<{ projectId: string }, unknown>((db, value) =>
  db
    .selectFrom('project_usage')
    .select('project_id')
    .where('project_id', '=', value('projectId'))
    .forUpdate(),
);

/** Keeps other changes of what a project uses off until the transaction ends. */
export async function lockUsage(db: Connection, projectId: string): Promise<void> {
  if (!isLocking(db)) return;
  const { rows } = await selectUsage(db, { projectId });
  if (rows.length > 0) return;
  await insertUsage(db, { projectId });
  await selectUsage(db, { projectId });
}

/** One of the things of which there is one in a database; the number is its advisory lock's. */
export const lockNumbers = {
  identity: 1,
  events: 2,
  migrations: 3,
  firstStart: 4,
  delivery: 5,
};

/** Distinguishes our advisory locks from those of others in the same database. */
export const lockClass = 0x76_74_72_6e;

function advisory(take: 'pg_advisory_xact_lock' | 'pg_advisory_xact_lock_shared') {
  return sentAhead<{ number: number }>((db, value) =>
    db.selectNoFrom((eb) =>
      eb
        .fn<null>(take, [eb.lit(lockClass), eb.cast<number>(eb.val(value('number')), 'integer')])
        .as('lock'),
    ),
  );
}

const takeLock = advisory('pg_advisory_xact_lock');
const takeSharedLock = advisory('pg_advisory_xact_lock_shared');

/** Keeps other changes of users, projects, roles and tokens off until the transaction ends. */
export async function lockIdentity(db: Connection): Promise<void> {
  if (isLocking(db)) await takeLock(db, { number: lockNumbers.identity });
}

/** Tells every process, once the transaction is committed, to forget what it remembers of tokens. */
export async function tellIdentityChange(db: Connection): Promise<void> {
  if (isLocking(db)) await sql`select pg_notify('vitrine', 'identity')`.execute(db);
}

/**
 * Tells others that this transaction writes events: their numbers grow in another order than that in which transactions
 * are committed (`eventsWritten`).
 */
export async function lockForEvents(db: Connection): Promise<void> {
  if (isLocking(db)) await takeSharedLock(db, { number: lockNumbers.events });
}

/** Between two looks whether a transaction is over, at first and at most; and for how long there are looks, ms. */
const firstPause = 2;
const longestPause = 50;
const writersPatience = 2000;

/**
 * Waits for those who are writing events now, and keeps nobody from writing more. Each of them is seen by then: PostgreSQL
 * gives a transaction's locks back after it has become visible.
 *
 * @throws RetryLaterError `DatabaseUnavailable` when somebody takes too long
 */
export async function eventsWritten(db: Connection): Promise<void> {
  if (!isPostgres(db)) return;
  let writers = await eventWriters(db);
  const end = performance.now() + writersPatience;
  for (let time = firstPause; writers.length > 0; time = Math.min(2 * time, longestPause)) {
    if (performance.now() > end) {
      const text = 'Somebody has been writing events for too long. Try again in 5 s.';
      throw new RetryLaterError('DatabaseUnavailable', text, 5);
    }
    await pause(time);
    const now = new Set(await eventWriters(db));
    writers = writers.filter((one) => now.has(one));
  }
}

/** The transactions that write events, each by a name that no other ever has. */
async function eventWriters(db: Connection): Promise<readonly string[]> {
  const { rows } = await sql<{ writer: string }>`
    select virtualtransaction as writer from pg_locks
    where locktype = 'advisory' and classid = ${lockClass}::bigint::oid and objid = ${lockNumbers.events}::bigint::oid
      and objsubid = 2 and granted
      and database = (select oid from pg_database where datname = current_database())`.execute(db);
  return rows.map(({ writer }) => writer);
}

function isLocking(db: Connection): boolean {
  return db.isTransaction && isPostgres(db);
}
