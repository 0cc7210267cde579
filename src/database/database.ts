import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import { RetryLaterError } from '../domain/retry-later.ts';
import { groupCommit } from './group-commit.ts';
import { groupRead } from './group-read.ts';
import { migrateToLatest } from './migrate.ts';
import {
  openSqlite,
  runAtOnce,
  type SqliteFile,
  type SqliteOptions,
  sqliteDialect,
} from './node-sqlite.ts';
import { runPreparedBy } from './prepared.ts';
import { guardOf, type OnDatabaseFailure } from './sqlite-failures.ts';
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

/** For tools and tests, which see the error and end with it. */
const ignored: OnDatabaseFailure = () => {};

/**
 * Opens the embedded database at `path`, creating and migrating it as needed.
 *
 * @param onFailure told when the database may not be used any more: from then on every call is refused, and only
 *   another process may open it
 */
export async function openDatabase(
  path: string,
  onFailure: OnDatabaseFailure = ignored,
): Promise<Database> {
  mkdirSync(dirname(path), { recursive: true });
  let tell = ignored;
  const guard = guardOf((cause) => tell(cause));
  const file = openFile(path, { readOnly: false, guard });
  const write = connect(file, runAtOnce(file));
  await migrateToLatest(write);
  const readFile = openFile(path, { readOnly: true, guard });
  const read = connect(readFile, groupRead(readFile));
  tell = onFailure;
  const close = async () => {
    await read.destroy();
    await write.destroy();
  };
  return {
    read,
    lists: read,
    write,
    processes: alone,
    check: async () => void readFile.prepare('select 1 from images limit 1').all([]),
    transaction: groupCommit(write, () => file.checkpoint()),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Opens the file of an embedded database to read it, and nothing else, whoever works with it. @throws Error for the operator */
export function openForReading(path: string): Connection {
  const file = openFile(path, { readOnly: true });
  return connect(file, runAtOnce(file));
}

/** @throws Error for the operator, SQLite's own as its cause */
function openFile(path: string, options: SqliteOptions): SqliteFile {
  try {
    return openSqlite(path, options);
  } catch (error) {
    const cause = error instanceof RetryLaterError ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The database ${path} cannot be opened: ${why}.`, { cause });
  }
}

function connect(file: SqliteFile, run: Parameters<typeof runPreparedBy>[1]): Connection {
  const db = new Kysely<Tables>({ dialect: sqliteDialect(file) });
  runPreparedBy(db, run);
  return db;
}
