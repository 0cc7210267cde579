import { setTimeout as after } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import type { Client } from 'pg';
import { commitCounts } from '../commit-counts.ts';
import { lockClass, lockNumbers } from '../locks.ts';
import { migrate } from '../migrate.ts';
import { goneAfter } from '../process-tables.ts';
import type { Tables } from '../tables.ts';
import { ownDialect } from './dialects.ts';
import { isLockTimeout } from './failures.ts';
import { migrations } from './migrations.ts';
import { now } from './presence.ts';

/** A step waits so long for a table (ms), since all that comes after it waits with it; then it lets the others pass. */
const lockTime = 1000;

/** Between two tries to get a table, ms. */
const pause = 500;

/** Tries to get a table: some ten minutes. */
const mostTries = 400;

/**
 * Brings the schema to what this release knows, while others serve: several processes may start at once, and one
 * after the other looks whether there is something to do.
 *
 * @param processId of this process, which may have run until now with another release
 */
export async function migrateAlone(client: Client, processId: string): Promise<void> {
  await client.query('set statement_timeout = 0; set lock_timeout = 0');
  await client.query(`select pg_advisory_lock(${lockClass}, ${lockNumbers.migrations})`);
  const release = () => undefined;
  const pool = { connect: async () => Object.assign(client, { release }) };
  const db = new Kysely<Tables>({ dialect: ownDialect(pool, commitCounts()) });
  await migrate(db, migrations, {
    admit: (compatibleFrom) => checkOthers(db, compatibleFrom, processId),

    async inTransaction(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await db.transaction().execute(async (transaction) => {
            await sql`set local lock_timeout = ${sql.lit(lockTime)}`.execute(transaction);
            await work(transaction);
          });
        } catch (cause) {
          if (!isLockTimeout(cause) || tries >= mostTries) throw cause;
          await after(pause);
        }
      }
    },
  });
}

/** @throws Error while processes run on the database that are too old for the step. */
async function checkOthers(
  db: Kysely<Tables>,
  compatibleFrom: string,
  processId: string,
): Promise<void> {
  const { rows: columns } = await sql<{ is_known: boolean }>`select exists (
      select from information_schema.columns
      where table_schema = current_schema() and table_name = 'processes' and column_name = 'schema_step'
    ) as is_known`.execute(db);
  // Releases before that say nothing of themselves.
  if (!columns[0]?.is_known) return;
  const { rows } = await sql<{ count: number }>`select count(*) from processes
    where id <> ${processId} and seen_at > ${sql.raw(now)} - ${sql.lit(goneAfter * 1000)}
      and coalesce(schema_step, '') < ${compatibleFrom}`.execute(db);
  const count = rows[0]?.count ?? 0;
  if (count === 0) return;
  throw new Error(
    `Processes of an older release (${count}) run on it, which this one cannot run beside: stop them first.`,
  );
}
