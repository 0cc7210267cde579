import { type RawBuilder, sql } from 'kysely';
import type { Connection } from './database.ts';
import { clockOf, isPostgres } from './dialect.ts';

/** Every table whose rows are pieces of work, with the column that names a piece. */
const keys = {
  jobs: 'name',
  mail_addresses: 'id',
  tasks: 'id',
  unwanted_data: 'location',
  webhooks: 'id',
} as const;

export type LeasedTable = keyof typeof keys;

/** A piece of work that a process has claimed. */
export interface Lease {
  readonly table: LeasedTable;
  readonly key: string;
  /** Id of the process. */
  readonly holder: string;
  /** Grows with each claim of that piece, so that an earlier one is told from this. */
  readonly term: number;
}

export interface Claim {
  readonly table: LeasedTable;
  /** Id of the process that claims. */
  readonly holder: string;
  /** How long nobody else may claim it, ms. */
  readonly ttl: number;
  /** Pieces at most. */
  readonly limit: number;
  /** Which rows are work at all; all, unless it is given. */
  readonly only?: RawBuilder<boolean> | undefined;
}

/**
 * Claims pieces of work that nobody is at, those first that have been due for longest. What another process is just
 * claiming is passed over.
 */
export async function claimLeases(
  db: Connection,
  { table, holder, ttl, limit, only = sql`true` }: Claim,
): Promise<readonly Lease[]> {
  const key = sql.ref(keys[table]);
  const now = clockOf(db);
  const { rows } = await sql<{ key: string; term: number }>`
    with free as ${isPostgres(db) ? sql`materialized` : sql``} (
      select ${key} as key from ${sql.table(table)} where lease_until <= ${now} and ${only}
      order by lease_until limit ${limit} ${isPostgres(db) ? sql`for update skip locked` : sql``}
    )
    update ${sql.table(table)} set lease_holder = ${holder}, lease_until = ${now} + ${ttl},
      lease_term = lease_term + 1
    where ${key} in (select free.key from free)
    returning ${key} as key, lease_term as term`.execute(db);
  return rows.map((row) => ({ table, holder, ...row }));
}

/** The row of a lease, as long as nobody has claimed it since. */
function held({ table, key, holder, term }: Lease): RawBuilder<boolean> {
  return sql`${sql.ref(keys[table])} = ${key} and lease_holder = ${holder} and lease_term = ${term}`;
}

/** Keeps others off for `ttl` ms from now; false when somebody else has it, or the work is gone. */
export async function renewLease(db: Connection, lease: Lease, ttl: number): Promise<boolean> {
  const { numAffectedRows } = await sql`update ${sql.table(lease.table)}
    set lease_until = ${clockOf(db)} + ${ttl} where ${held(lease)}`.execute(db);
  return numAffectedRows === 1n;
}

/**
 * Whether the lease is still this process's, and keeps it so until the transaction ends: what is changed with it
 * takes effect once, whoever comes late.
 */
export async function holdsLease(db: Connection, lease: Lease): Promise<boolean> {
  const { rows } = await sql`select 1 from ${sql.table(lease.table)} where ${held(lease)}
    ${isPostgres(db) ? sql`for update` : sql``}`.execute(db);
  return rows.length === 1;
}

/** Gives a piece of work back, to be claimed in `after` ms; false when somebody else has it, or it is gone. */
export async function releaseLease(db: Connection, lease: Lease, after: number): Promise<boolean> {
  const { numAffectedRows } = await sql`update ${sql.table(lease.table)}
    set lease_holder = null, lease_until = ${clockOf(db)} + ${after} where ${held(lease)}`.execute(
    db,
  );
  return numAffectedRows === 1n;
}

/** Gives back what a process had when it ended: called by the next one with its id, before it claims. */
export async function freeLeases(
  db: Connection,
  table: LeasedTable,
  holder: string,
): Promise<void> {
  await sql`update ${sql.table(table)} set lease_holder = null, lease_until = 0
    where lease_holder = ${holder}`.execute(db);
}

/** Makes all work due now: for a process that is alone on its database, and starts. */
export async function freeAllLeases(db: Connection, table: LeasedTable): Promise<void> {
  await sql`update ${sql.table(table)} set lease_holder = null, lease_until = 0
    where lease_until > 0`.execute(db);
}

/** Claims jobs by their names, so that a process does none that it does not know. */
export function claimJobs(
  db: Connection,
  names: readonly string[],
  claim: Omit<Claim, 'table' | 'only'>,
): Promise<readonly Lease[]> {
  return claimLeases(db, { table: 'jobs', only: sql`name in (${sql.join(names)})`, ...claim });
}

/** Makes a job known, to be claimed at once. */
export async function insertJob(db: Connection, name: string): Promise<void> {
  await db
    .insertInto('jobs')
    .values({ name })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
