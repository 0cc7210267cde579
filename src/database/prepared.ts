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
  const placeholder = (name: PropertyKey) => new Placeholder(String(name)) as never;

  return (db, values) => {
    const dialect = db.getExecutor().adapter;
    let query = compiled.get(dialect);
    if (!query) {
      query = build(db, placeholder).compile();
      compiled.set(dialect, query);
    }
    return db.executeQuery({ ...query, parameters: query.parameters.map((p) => fill(p, values)) });
  };
}

function fill(parameter: unknown, values: object): unknown {
  return parameter instanceof Placeholder
    ? (values as Readonly<Record<string, unknown>>)[parameter.name]
    : parameter;
}
