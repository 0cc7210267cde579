import type { QueryResult, SqliteDatabase } from 'kysely';
import type { DurableReads } from './durable-reads.ts';
import type { RunQuery } from './prepared.ts';

/** A query that waits for those that come in with it, and whoever waits for it. */
interface Waiting {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly resolve: (result: { rows: never[] }) => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Bounds how long the first query of a group waits for the last, and keeps callers busy: while half of
 * sixteen read their answers, the other half is being answered.
 */
const maxGroup = 8;

export interface GroupRead {
  (...query: Parameters<RunQuery>): Promise<QueryResult<never>>;
  /** Answers those that wait now; whether there were any. */
  readonly flush: () => boolean;
}

/**
 * Runs queries that come in together one after another on `database`, in one read transaction, and answers
 * them at once. A transaction costs about as much as a query by key; and answers that leave together wake a
 * client once, which costs more than either.
 *
 * A group sees what was committed before it ran, so before any of its queries was asked at the latest; or what
 * readers are held to.
 */
export function groupRead(
  database: SqliteDatabase & Partial<Pick<DurableReads, 'isHeld'>>,
): GroupRead {
  const begin = database.prepare('begin');
  const end = database.prepare('commit');
  let waiting: Waiting[] = [];

  function run(): void {
    const group = waiting;
    waiting = [];
    if (group.length === 0) return;
    const needsOwn = group.length > 1 && database.isHeld !== true;
    try {
      if (needsOwn) begin.run([]);
      for (const one of group) answer(database, one);
      if (needsOwn) end.run([]);
    } catch (cause) {
      // Nobody else would hear of it, as of a database that was closed; who has an answer keeps it.
      for (const { reject } of group) reject(cause);
    }
  }

  const read = (...[sql, parameters]: Parameters<RunQuery>) =>
    new Promise<QueryResult<never>>((resolve, reject) => {
      waiting.push({ sql, parameters, resolve, reject });
      // By then every request that has arrived has been read.
      if (waiting.length === 1) setImmediate(run);
      else if (waiting.length >= maxGroup) run();
    });
  const flush = () => {
    const hasAny = waiting.length > 0;
    run();
    return hasAny;
  };
  return Object.assign(read, { flush });
}

function answer(database: SqliteDatabase, { sql, parameters, resolve, reject }: Waiting): void {
  try {
    resolve({ rows: database.prepare(sql).all(parameters) as never[] });
  } catch (cause) {
    reject(cause);
  }
}
