import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import type { Connection } from './database.ts';

/** Stands for a value that is known only when the query runs. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What a prepared query gives: at once where the database answers at once. */
export type Answer<Row> = QueryResult<Row> | Promise<QueryResult<Row>>;

/**
 * A query that is built once and run with other values each time, for the paths that every request takes:
 * building costs more than running.
 *
 * `build` gets `value(name)` for each value; it must use it only as a bound value.
 */
export function prepared<Values extends object, Row>(
  build: (db: Connection, value: <K extends keyof Values>(name: K) => Values[K]) => Compilable<Row>,
): (db: Connection, values: Values) => Answer<Row> {
  // One text a dialect: transactions and connections of a database share its adapter.
  const compiled = new WeakMap<object, CompiledQuery<Row>>();

  return (db, values) => {
    const dialect = db.getExecutor().adapter;
    let query = compiled.get(dialect);
    if (!query) {
      query = build(db, (name) => placeholder(String(name))).compile();
      compiled.set(dialect, query);
    }
    return runPrepared(db, query, values);
  };
}

/** A value to build a query with, whatever its type, that `runPrepared` fills in by name. */
export function placeholder(name: string): never {
  return new Placeholder(name) as never;
}

/** Runs a statement with the values that it names by `?`. */
export type RunQuery = (sql: string, parameters: readonly unknown[]) => Answer<never>;

/** The shorter ways to databases, by the adapter that all connections of one share. */
const runners = new WeakMap<object, RunQuery>();

/**
 * Has the prepared queries of `db` run by `run`. The builder's own way to a connection takes longer than most
 * queries: a queue and a dozen promises, for what the embedded database answers before the call returns.
 *
 * It must not be used for a connection that others hold a transaction open on.
 */
export function runPreparedBy(db: Connection, run: RunQuery): void {
  runners.set(db.getExecutor().adapter, run);
}

/** Runs a compiled query with these values in the places of its placeholders. */
export function runPrepared<Row>(
  db: Connection,
  query: CompiledQuery<Row>,
  values: object,
): Answer<Row> {
  const parameters = valuesOf(query, values);
  const run = runners.get(db.getExecutor().adapter);
  return run ? run(query.sql, parameters) : db.executeQuery({ ...query, parameters });
}

/** The values of a compiled query, with these in the places of its placeholders. */
export function valuesOf(query: CompiledQuery<unknown>, values: object): readonly unknown[] {
  return query.parameters.map((parameter) => fill(parameter, values));
}

/** A query whose answer nobody waits for: it is sent ahead of the next one, whose failure it becomes if it fails. */
export interface SentAhead {
  readonly isSentAhead?: boolean;
}

/** A query as `prepared`, to be sent ahead where the driver can. */
export function sentAhead<Values extends object>(
  build: (
    db: Connection,
    value: <K extends keyof Values>(name: K) => Values[K],
  ) => Compilable<unknown>,
): (db: Connection, values: Values) => Answer<unknown> {
  return prepared<Values, unknown>((db, value) => ({
    compile: () => ({ ...build(db, value).compile(), isSentAhead: true }),
  }));
}

function fill(parameter: unknown, values: object): unknown {
  return parameter instanceof Placeholder
    ? (values as Readonly<Record<string, unknown>>)[parameter.name]
    : parameter;
}
