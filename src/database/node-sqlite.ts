import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  Kysely,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteStatement,
} from 'kysely';
import type { Connection } from './database.ts';
import { type RunQuery, runPreparedBy } from './prepared.ts';
import type { Guard } from './sqlite-failures.ts';
import type { Tables } from './tables.ts';

export interface SqliteOptions {
  readonly readOnly: boolean;
  /** Runs every call; without one each failure is told as it comes. */
  readonly guard?: Guard;
}

/** An open SQLite file. */
export interface SqliteFile extends SqliteDatabase {
  /** From now on a commit does not wait for the disk: whoever answers for it syncs the write-ahead log. */
  leaveSyncs(): void;
  /** Grows with each row that is changed. */
  changes(): number;
  isInTransaction(): boolean;
  /** Bytes in the write-ahead log; to be asked with no transaction open. */
  logSize(): number;
  /** Brings the log into the file, as far as nobody reads in it, and waits for the disk; with no transaction open. */
  checkpoint(): void;
}

/** Bytes of a page and of its place in the log. */
const frameSize = 4096 + 24;

/**
 * Opens an SQLite file with the `node:sqlite` that Node brings, in the form that Kysely's dialect asks for.
 *
 * The file is in WAL mode and every commit is synced to disk before it returns (`synchronous = FULL`), until
 * `leaveSyncs` is called.
 *
 * What an earlier process left in the log is written into the file first, anew: it may have failed to sync the
 * log, of which the kernel then shows pages that it never wrote. Checkpoints are asked for by name, since of those that
 * SQLite makes by itself nobody is told that they failed.
 */
export function openSqlite(path: string, options: SqliteOptions): SqliteFile {
  const { readOnly, guard = (call) => call() } = options;
  const connection = guard(() => new DatabaseSync(path, { readOnly }));
  const exec = (sql: string) => guard(() => connection.exec(sql));
  exec('PRAGMA busy_timeout = 5000');
  if (!readOnly) exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0');
  exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY');
  exec('PRAGMA cache_size = -32768');
  if (!readOnly) exec('PRAGMA wal_checkpoint(TRUNCATE)');

  // A statement is compiled once per SQL text: Kysely builds the same text for the same query.
  const statements = new Map<string, SqliteStatement>();
  function prepare(sql: string): SqliteStatement {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size >= maxStatements) statements.clear();
    const prepared = sqliteStatement(
      guard(() => connection.prepare(sql)),
      guard,
    );
    const statement = sql === 'rollback' ? ifNeeded(prepared, connection) : prepared;
    statements.set(sql, statement);
    return statement;
  }

  return {
    prepare,
    leaveSyncs: () => exec('PRAGMA synchronous = NORMAL'),
    changes: () => numberOf(prepare('SELECT total_changes() AS number')),
    isInTransaction: () => connection.isTransaction,
    logSize: () => numberOf(prepare('PRAGMA wal_checkpoint(NOOP)'), 'log') * frameSize,
    checkpoint: () => exec('PRAGMA wal_checkpoint(PASSIVE)'),
    close: () => connection.close(),
  };
}

function numberOf(statement: SqliteStatement, column = 'number'): number {
  const [row] = statement.all([]) as Record<string, unknown>[];
  return Number(row?.[column]);
}

/** SQLite as it is: changes of the schema are undone with their transaction too, so that a crash leaves no half of a step. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** A connection to `file`, whose prepared queries are run by `run`. */
export function sqliteConnection(file: SqliteDatabase, run: RunQuery): Connection {
  const db = new Kysely<Tables>({ dialect: sqliteDialect(file) });
  runPreparedBy(db, run);
  return db;
}

/** What Kysely needs to speak to `database`. */
export function sqliteDialect(database: SqliteDatabase): SqliteDialect {
  const dialect = new SqliteDialect({ database });
  dialect.createAdapter = () => new TransactionalAdapter();
  return dialect;
}

/** Bounds the statement cache: filters combine freely, so the number of texts has no natural end. */
const maxStatements = 500;

/** Runs the statements of a change, which has its connection to itself. */
export function runAtOnce(database: SqliteDatabase): RunQuery {
  return (sql, parameters) => {
    const statement = database.prepare(sql);
    if (statement.reader) return { rows: statement.all(parameters) as never[] };
    const { changes } = statement.run(parameters);
    return { rows: [], numAffectedRows: BigInt(changes) };
  };
}

/** A rollback, which SQLite has made by itself when a commit found the disk full. */
function ifNeeded(rollback: SqliteStatement, connection: DatabaseSync): SqliteStatement {
  return {
    ...rollback,
    run: (parameters) =>
      connection.isTransaction ? rollback.run(parameters) : { changes: 0, lastInsertRowid: 0 },
  };
}

function sqliteStatement(statement: StatementSync, guard: Guard): SqliteStatement {
  const names = statement.columns().map(({ name }) => name);
  if (names.length > 0) statement.setReturnArrays(true);
  const toRow = rowMaker(names);
  const bind = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return {
    reader: names.length > 0,
    all: (parameters) => (guard(() => statement.all(...bind(parameters))) as unknown[]).map(toRow),
    run: (parameters) => guard(() => statement.run(...bind(parameters))),
    iterate: (parameters) => Iterator.from(statement.iterate(...bind(parameters))).map(toRow),
  };
}

/**
 * Makes rows of the values that a statement gives as arrays, in two thirds of the time that the
 * statement itself takes to give objects.
 */
function rowMaker(names: readonly string[]): (values: unknown) => Record<string, unknown> {
  // Copies of one object share its shape; one grown name by name would become a slow dictionary.
  const empty = JSON.parse(JSON.stringify(Object.fromEntries(names.map((name) => [name, null]))));
  return (values) => {
    const row = { ...empty };
    for (let n = 0; n < names.length; n += 1) row[names[n] as string] = (values as unknown[])[n];
    return row;
  };
}
