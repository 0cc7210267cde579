import { sql } from 'kysely';
import type { Connection } from './database.ts';
import { clockOf } from './dialect.ts';

/** What waits to be done, and who is at it, as far as a look at the tables of work tells. */
export interface WorkCounts {
  /** Rows of each queue; no further counted than {@link mostCounted}. */
  readonly queues: Readonly<Record<string, number>>;
  /** Pieces of work that some process has now, by the table. */
  readonly leases: Readonly<Record<string, number>>;
}

/** Where a count ends, so that it takes moments however much has piled up. */
export const mostCounted = 100_000;

/** By the name of the queue; each is empty while all is well, or nearly. */
const queues = {
  'unwanted data': sql`unwanted_data`,
  tasks: sql`tasks where status in ('pending', 'processing')`,
  uploads: sql`upload_reservations`,
  'resumable uploads': sql`uploads where is_done = 0`,
  'pending deletes': sql`pending_deletes`,
  events: sql`events`,
} as const;

const leased = ['jobs', 'tasks', 'unwanted_data'] as const;

/** Counts what waits. */
export async function countWork(db: Connection): Promise<WorkCounts> {
  const found: Record<string, number> = {};
  for (const [name, rows] of Object.entries(queues)) found[name] = await countOf(db, rows);
  const leases: Record<string, number> = {};
  for (const table of leased) {
    const held = sql`${sql.table(table)} where lease_holder is not null and lease_until > ${clockOf(db)}`;
    leases[table] = await countOf(db, held);
  }
  return { queues: found, leases };
}

/** How many images have data that is not what was uploaded, and how many have some that cannot be read. */
export async function countTroubledData(
  db: Connection,
): Promise<{ readonly damaged: number; readonly unreadable: number }> {
  return {
    damaged: await countOf(db, sql`data_checks where damaged_at is not null`),
    unreadable: await countOf(db, sql`unreadable_data`),
  };
}

/** When the data was looked at that nobody has looked at for longest; undefined when there is none, epoch for never. */
export async function oldestLook(db: Connection): Promise<Date | undefined> {
  const { rows } = await sql<{ at: number | null }>`
    select min(verified_at) as at from data_checks`.execute(db);
  const at = rows[0]?.at ?? null;
  return at === null ? undefined : new Date(at);
}

async function countOf(db: Connection, rows: ReturnType<typeof sql>): Promise<number> {
  const { rows: found } = await sql<{ count: number }>`select count(*) as count
    from (select 1 from ${rows} limit ${sql.lit(mostCounted)}) as counted`.execute(db);
  return Number(found[0]?.count ?? 0);
}
