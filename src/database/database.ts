import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { groupCommit } from './group-commit.ts';
import { groupRead } from './group-read.ts';
import { migrateToLatest } from './migrate.ts';
import { openSqlite, runAtOnce } from './node-sqlite.ts';
import { runPreparedBy } from './prepared.ts';
import type { Tables } from './tables.ts';

/** What repository functions take: a connection, or a transaction on one. */
export type Connection = Kysely<Tables>;

/** The database of one service: readers see committed changes only and never wait for a writer. */
export interface Database extends AsyncDisposable {
  readonly read: Connection;
  readonly write: Connection;
  /** Runs `change` as one transaction; its effects are on stable storage when the promise resolves. */
  transaction<T>(change: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Opens the embedded database at `path`, creating and migrating it as needed. */
export async function openDatabase(path: string): Promise<Database> {
  mkdirSync(dirname(path), { recursive: true });
  const write = connect(path, { readOnly: false });
  await migrateToLatest(write);
  const read = connect(path, { readOnly: true });
  const close = async () => {
    await read.destroy();
    await write.destroy();
  };
  return {
    read,
    write,
    transaction: groupCommit(write),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function connect(path: string, options: { readonly readOnly: boolean }): Connection {
  const database = openSqlite(path, options);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  runPreparedBy(db, options.readOnly ? groupRead(database) : runAtOnce(database));
  return db;
}
