import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as after } from 'node:timers/promises';
import type { Config } from '../../src/config.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';

/** A database of its own, without a row. */
export interface TestDatabase extends AsyncDisposable {
  readonly database: Database;
  /** The file of SQLite; empty on PostgreSQL. */
  readonly path: string;
  /** Opens it once more, as a restart does. */
  open(): Promise<Database>;
  /** Opens it as another process would, where several may use it. */
  openAnother(): Promise<Database>;
}

/** What the tests run on: SQLite unless `VITRINE_TEST_DATABASE` says otherwise. */
export function isOnPostgres(): boolean {
  return process.env['VITRINE_TEST_DATABASE'] === 'postgres';
}

/** A new database as the configuration names it, for a service whose data folder is given. */
export interface DatabaseOfService extends AsyncDisposable {
  readonly config: Pick<Config, 'databaseUrl'>;
  /** Opens it beside the service. */
  open(): Promise<Database>;
}

/** The database of a service that is to start on an empty data folder. */
export async function databaseOf(folder: string): Promise<DatabaseOfService> {
  if (!isOnPostgres()) {
    const path = join(folder, 'vitrine.db');
    return {
      config: { databaseUrl: undefined },
      async open() {
        await untilFree(path);
        return openDatabase(path);
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }
  const { addressIn, openAt, postgresDatabase } = await import('./postgres/databases.ts');
  const made = await postgresDatabase();
  return {
    config: { databaseUrl: addressIn(made.url) },
    open: () => openAt(made.url),
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  };
}

/**
 * Waits until nobody is amid a change. The service may be in this process: who waits for its lock as SQLite does keeps the
 * service from ever giving it back.
 */
async function untilFree(path: string): Promise<void> {
  using connection = new DatabaseSync(path);
  for (;;) {
    try {
      connection.exec('begin immediate');
      connection.exec('rollback');
      return;
    } catch (cause) {
      if (!String(cause).includes('database is locked')) throw cause;
      await after(5);
    }
  }
}

export async function emptyDatabase(): Promise<TestDatabase> {
  await using parts = new AsyncDisposableStack();
  const { path, open, openAnother } = isOnPostgres()
    ? await onPostgres(parts)
    : await onSqlite(parts);
  const database = parts.use(await open());
  const owned = parts.move();
  return { database, path, open, openAnother, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function onSqlite(
  parts: AsyncDisposableStack,
): Promise<Pick<TestDatabase, 'path' | 'open' | 'openAnother'>> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-database-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, 'vitrine.db');
  const open = () => openDatabase(path);
  return { path, open, openAnother: open };
}

async function onPostgres(
  parts: AsyncDisposableStack,
): Promise<Pick<TestDatabase, 'path' | 'open' | 'openAnother'>> {
  const { openAt, postgresDatabase } = await import('./postgres/databases.ts');
  const { url } = parts.use(await postgresDatabase());
  const processId = randomUUID();
  return { path: '', open: () => openAt(url, { processId }), openAnother: () => openAt(url) };
}
