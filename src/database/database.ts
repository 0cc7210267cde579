import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Kysely, sql } from 'kysely';
import type { Metric } from '../domain/metric.ts';
import type { ReadRequests } from '../domain/read-requests.ts';
import { RetryLaterError } from '../domain/retry-later.ts';
import { checkpoints } from './checkpoints.ts';
import { commitCounts, commitMetrics, counted } from './commit-counts.ts';
import { durableReads } from './durable-reads.ts';
import { GroupCommit } from './group-commit.ts';
import { groupRead } from './group-read.ts';
import { openLogSync } from './log-sync.ts';
import { migrateToLatest } from './migrate.ts';
import {
  openSqlite,
  runAtOnce,
  type SqliteFile,
  type SqliteOptions,
  sqliteConnection,
} from './node-sqlite.ts';
import { guardOf, type OnDatabaseFailure } from './sqlite-failures.ts';
import type { Tables } from './tables.ts';
import { turns } from './turns.ts';

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
  /** How it has fared in this process. */
  metrics(): readonly Metric[];
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

export interface OpenOptions {
  /**
   * Told when the database may not be used any more: from then on every call is refused, and only another process
   * may open it.
   */
  readonly onFailure?: OnDatabaseFailure | undefined;
  /** Bytes of the write-ahead log that are worth bringing into the file. */
  readonly logSize?: number;
  /** Told of what is tried again. */
  readonly report?: (message: string, cause: unknown) => void;
  /** Of the service, if it is one. */
  readonly readRequests?: Readonly<ReadRequests>;
}

const mib = 1024 * 1024;

/** Opens the embedded database at `path`, creating and migrating it as needed. */
export async function openDatabase(
  path: string,
  {
    onFailure = ignored,
    logSize = 16 * mib,
    report = () => {},
    readRequests = { count: 0 },
  }: OpenOptions = {},
): Promise<Database> {
  mkdirSync(dirname(path), { recursive: true });
  let tell = ignored;
  const guard = guardOf((cause) => tell(cause));
  const file = openFile(path, { readOnly: false, guard });
  const write = sqliteConnection(file, runAtOnce(file));
  await migrateToLatest(write);
  file.leaveSyncs();
  const openReader = () => openFile(path, { readOnly: true, guard });
  const reads = durableReads(openReader(), openReader());
  const runRead = groupRead(reads);
  const read = sqliteConnection(reads, runRead);
  const log = openLogSync(path, guard);
  const tidying = checkpoints({
    path,
    guard,
    size: logSize,
    logSize: () => file.logSize(),
    checkpointHere: () => file.checkpoint(),
    report,
  });
  const sharing = turns(runRead.flush, readRequests);
  const counts = commitCounts();
  const commits = new GroupCommit({
    counts,
    write,
    file,
    log,
    reads,
    checkpoints: tidying,
    turns: sharing,
  });
  tell = onFailure;
  const closeAll = async () => {
    await commits.settled();
    await tidying.close();
    await log.close();
    await read.destroy();
    await write.destroy();
  };
  let closed: Promise<void> | undefined;
  /** Once, whoever asks: the number of the log's descriptor may soon be another file's. */
  const close = () => (closed ??= closeAll());
  return {
    read,
    lists: read,
    write,
    processes: alone,
    check: async () => void reads.prepare('select 1 from images limit 1').all([]),
    transaction: (change) => counted(counts, commits.transaction(change)),
    metrics: () => commitMetrics(counts, commits.waitingChanges()),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Opens a file of records that nobody else has open, made and migrated as needed; closed, all is in that one file. */
export async function openRecords(
  path: string,
): Promise<{ readonly db: Connection } & AsyncDisposable> {
  const file = openFile(path, { readOnly: false });
  const db = sqliteConnection(file, runAtOnce(file));
  await migrateToLatest(db);
  return {
    db,
    async [Symbol.asyncDispose]() {
      await sql`pragma journal_mode = delete`.execute(db);
      await db.destroy();
    },
  };
}

/** Opens the file of an embedded database to read it, and nothing else, whoever works with it. @throws Error for the operator */
export function openForReading(path: string): Connection {
  const file = openFile(path, { readOnly: true });
  return sqliteConnection(file, runAtOnce(file));
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
