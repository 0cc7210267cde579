import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { type Kysely, sql } from 'kysely';
import { copyRecords } from './copy.ts';
import { type Connection, openForReading, openRecords } from './database.ts';
import { migrations } from './migrate.ts';

/**
 * Writes all that was committed into a new file, as of one moment, whoever works with the database meanwhile.
 *
 * @param to path of a file that is not there
 * @throws Error when the database cannot be read, or the file not be written
 */
export async function snapshotSqlite(from: string, to: string): Promise<void> {
  const worker = new Worker(new URL('./snapshot-worker.ts', import.meta.url), {
    workerData: { from, to },
  });
  try {
    await once(worker, 'exit');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The database ${from} could not be copied: ${why}.`, { cause });
  }
}

/**
 * Writes all records of PostgreSQL into a new file of SQLite.
 *
 * @param from within one snapshot
 * @param to path of a file that is not there
 */
export async function snapshotPostgres(from: Connection, to: string): Promise<void> {
  await using target = await openRecords(to);
  const copy = (db: Connection) => copyRecords({ from, to: db, progress: () => undefined });
  await target.db.transaction().execute(copy);
}

/** The newest step of the schema of this release. */
export const newestStep = Object.keys(migrations).at(-1) ?? '';

/** A file that nobody writes. */
export interface ReadOnlyDatabase extends AsyncDisposable {
  readonly db: Connection;
}

/**
 * Opens a database file for reading alone, be it another process's or nobody's, as long as this release has written it.
 *
 * @throws Error for the operator
 */
export async function openSnapshot(path: string): Promise<ReadOnlyDatabase> {
  const db = openForReading(path);
  try {
    const steps = await stepsOf(db);
    if (steps.at(-1) !== newestStep) {
      const found = steps.at(-1) ?? 'no step at all';
      throw new Error(
        `The database ${path} is of another release: its schema ends with ${found}, this one's with ${newestStep}.`,
        { cause: found },
      );
    }
    return { db, [Symbol.asyncDispose]: () => db.destroy() };
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the table of the steps has no type here.
async function stepsOf(db: Kysely<any>): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}

/**
 * Makes the copied records of a service, in a file that nobody has open, those of one that is to begin with them. Nothing
 * is left in a log beside the file.
 */
export function prepareRecords(path: string, options: { readonly keepsTokens: boolean }): void {
  using database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL');
  // What was revoked since the snapshot would be good again; the next start makes a new key.
  const dropped = options.keepsTokens ? [] : ['DELETE FROM signing_keys'];
  database.exec(['BEGIN', ...endOfUploads, ...dropped, 'COMMIT'].join(';'));
}

/** Pieces of uploads grow while they are copied, so none has been: whoever sends them begins anew. */
const endOfUploads = [
  `UPDATE images SET status = 'queued', size = NULL, virtual_size = NULL, location = NULL, locations = NULL
    WHERE status IN ('saving', 'uploading') AND id IN (SELECT image_id FROM uploads WHERE is_done = 0)`,
  `UPDATE project_usage SET
    bytes = bytes - (SELECT coalesce(sum(bytes), 0) FROM uploads WHERE is_done = 0 AND image_owner = project_usage.project_id),
    uploads = uploads - (SELECT count(*) FROM uploads WHERE is_done = 0 AND image_owner = project_usage.project_id)`,
  // Its process may be one of PostgreSQL's, and is gone in any case.
  "UPDATE upload_reservations SET process_id = ''",
  'DELETE FROM upload_segments',
  'DELETE FROM uploads WHERE is_done = 0',
] as const;

/** What SQLite finds wrong with a file, and references that lead nowhere; nothing when it is sound. */
export async function findUnsoundness(db: Connection): Promise<readonly string[]> {
  const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  const wrong = rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  const { rows: astray } = await sql<{ table: string; parent: string }>`
    pragma foreign_key_check`.execute(db);
  const places = new Set(astray.map((row) => `${row.table} refers to ${row.parent} that are gone`));
  return [...wrong, ...places];
}
