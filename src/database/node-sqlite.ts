import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

/**
 * Opens an SQLite file with the `node:sqlite` that Node brings, in the form that Kysely's dialect asks for.
 *
 * The file is in WAL mode and every commit is synced to disk before it returns
 * (`synchronous = FULL`): an acknowledged change survives a power cut.
 */
export function openSqlite(path: string, options: { readonly readOnly: boolean }): SqliteDatabase {
  const connection = new DatabaseSync(path, { readOnly: options.readOnly });
  connection.exec('PRAGMA busy_timeout = 5000');
  if (!options.readOnly) connection.exec('PRAGMA journal_mode = WAL');
  connection.exec(
    'PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY',
  );
  connection.exec('PRAGMA cache_size = -32768');

  // A statement is compiled once per SQL text: Kysely builds the same text for the same query.
  const statements = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      const known = statements.get(sql);
      if (known) return known;
      if (statements.size >= maxStatements) statements.clear();
      const statement = sqliteStatement(connection.prepare(sql));
      statements.set(sql, statement);
      return statement;
    },
    close: () => connection.close(),
  };
}

/** Bounds the statement cache: filters combine freely, so the number of texts has no natural end. */
const maxStatements = 500;

function sqliteStatement(statement: StatementSync): SqliteStatement {
  const reader = statement.columns().length > 0;
  return {
    reader,
    all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
    run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
    iterate: (parameters) =>
      statement.iterate(...(parameters as SQLInputValue[])) as IterableIterator<unknown>,
  };
}
