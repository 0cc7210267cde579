import type { Compilable, CompiledQuery, QueryResult } from 'kysely';
import type { Connection } from './database.ts';

/** Stands for a value that is known only when the query runs. */
class Placeholder {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A query that is built once and run with other values each time, for the paths that every request takes:
 * building costs more than running.
 *
 * `build` gets `value(name)` for each value; it must use it only as a bound value.
 */
export function prepared<Values extends object, Row>(
  build: (db: Connection, value: <K extends keyof Values>(name: K) => Values[K]) => Compilable<Row>,
): (db: Connection, values: Values) => Promise<QueryResult<Row>> {
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

/** Runs a compiled query with these values in the places of its placeholders. */
export function runPrepared<Row>(
  db: Connection,
  query: CompiledQuery<Row>,
  values: object,
): Promise<QueryResult<Row>> {
  return db.executeQuery({ ...query, parameters: query.parameters.map((p) => fill(p, values)) });
}

function fill(parameter: unknown, values: object): unknown {
  return parameter instanceof Placeholder
    ? (values as Readonly<Record<string, unknown>>)[parameter.name]
    : parameter;
}
