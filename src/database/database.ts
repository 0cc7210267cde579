import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import { groupCommit } from './group-commit.ts';
import { groupRead } from './group-read.ts';
import { migrateToLatest } from './migrate.ts';
import { openSqlite, runAtOnce, sqliteDialect } from './node-sqlite.ts';
import { runPreparedBy } from './prepared.ts';
import type { Tables } from './tables.ts';

/** What repository functions take: a connection, or a transaction on one. */
export type Connection = Kysely<Tables>;

/** What one process of those on a database does at a time. */
export type Turn = 'delivery' | 'first start';

/** Other processes on the same database. */
export interface Processes {
  /** This process, or the one that runs in the same data folder after it. */
  readonly id: string;
  /** Whether there can be others. */
  readonly isShared: boolean;
  /**
   * Grows with each change of users, projects, roles and tokens that another process tells of, and with each
   * look while such news cannot come: what was read under an earlier count may be out of date.
   */
  identityChanges(): number;
  /** Ids of processes that are gone and have left uploads. */
  listGone(): Promise<readonly string[]>;
  /** Runs `work` when it is this process's turn, and waits for it. */
  inTurn<T>(turn: Turn, work: () => Promise<T>): Promise<T>;
  /** Runs `work` unless another process is at it. */
  unlessTaken(turn: Turn, work: () => Promise<void>): Promise<void>;
}

/** The database of a service: readers see committed changes only and never wait for a writer. */
export interface Database extends AsyncDisposable {
  readonly read: Connection;
  /** Reads what may be some seconds old: lists. */
  readonly lists: Connection;
  readonly write: Connection;
  readonly processes: Processes;
  /**
   * Runs `change` as one transaction; its effects are on stable storage when the promise resolves. What it
   * does elsewhere must bear to be done again: it may run more than once before it takes effect.
   *
   * @throws RetryLaterError `DatabaseUnavailable`
   */
  transaction<T>(change: (connection: Connection) => Promise<T>): Promise<T>;
  /** @throws RetryLaterError `DatabaseUnavailable` while it cannot be asked. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** SQLite's file belongs to one process. */
const alone: Processes = {
  id: '',
  isShared: false,
  identityChanges: () => 0,
  listGone: async () => [],
  inTurn: (_turn, work) => work(),
  unlessTaken: (_turn, work) => work(),
};

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
    lists: read,
    write,
    processes: alone,
    check: async () => {},
    transaction: groupCommit(write),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function connect(path: string, options: { readonly readOnly: boolean }): Connection {
  const database = openSqlite(path, options);
  const db = new Kysely<Tables>({ dialect: sqliteDialect(database) });
  runPreparedBy(db, options.readOnly ? groupRead(database) : runAtOnce(database));
  return db;
}
