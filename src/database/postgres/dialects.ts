import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { PoolClient } from 'pg';
import type { CommitCounts } from '../commit-counts.ts';
import type { SentAhead } from '../prepared.ts';
import { runOn } from './clients.ts';
import { isLoss, isOutdated, toRefusal, UnknownOutcomeError } from './failures.ts';
import type { SharedClients } from './shared-clients.ts';

/** Sets of connections, of which a later one is asked when those before it fail. */
export type SharedSources = readonly [SharedClients, ...SharedClients[]];

/** Runs queries by themselves, each on whichever connection takes it. */
export function queriesOn(...sources: SharedSources) {
  return async <Row>(sql: string, parameters: readonly unknown[]): Promise<QueryResult<Row>> => {
    try {
      return await firstOf(sources, (clients) => clients.run<Row>({ sql, parameters }));
    } catch (cause) {
      throw toRefusal(cause);
    }
  };
}

/** Queries that `run` takes, and no transactions. */
export function sharedDialect(run: ReturnType<typeof queriesOn>): Dialect {
  const connection: DatabaseConnection = {
    executeQuery: ({ sql, parameters }) => run(sql, parameters),
    streamQuery: neverStreams,
  };
  return dialectOf({
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: noTransactions,
    commitTransaction: noTransactions,
    rollbackTransaction: noTransactions,
  });
}

async function firstOf<T>(
  sources: readonly SharedClients[],
  run: (clients: SharedClients) => Promise<T>,
): Promise<T> {
  const [first, ...others] = sources;
  if (!first) throw new Error('There is no connection.');
  if (others.length === 0) return await run(first);
  try {
    return await run(first);
  } catch {
    return await firstOf(others, run);
  }
}

/** A connection that one user has for itself, with what is under way on it. */
interface OwnConnection extends DatabaseConnection {
  readonly client: Pick<PoolClient, 'query' | 'release'>;
  /** What became of a query that was sent ahead. */
  ahead: { failure?: unknown };
  isInTransaction: boolean;
  isBroken: boolean;
}

/** Gives connections for one user at a time. */
export interface ClientSource {
  connect(): Promise<Pick<PoolClient, 'query' | 'release'>>;
}

/** Transactions, each on a connection of its own. */
export function ownDialect(pool: ClientSource, counts: Pick<CommitCounts, 'waits'>): Dialect {
  return dialectOf({
    async acquireConnection() {
      return ownConnection(await pool.connect());
    },

    async releaseConnection(connection) {
      const { client, isBroken } = connection as OwnConnection;
      client.release(isBroken);
    },

    async beginTransaction(connection, { isolationLevel }) {
      const own = connection as OwnConnection;
      own.isInTransaction = true;
      own.ahead = {};
      const level = isolationLevel === undefined ? '' : ` isolation level ${isolationLevel}`;
      sendAhead(own, { text: `begin${level}` });
    },

    async commitTransaction(connection) {
      const own = connection as OwnConnection;
      own.isInTransaction = false;
      const began = performance.now();
      try {
        const { command } = await own.client.query('commit');
        counts.waits.observe((performance.now() - began) / 1000);
        if (command === 'ROLLBACK')
          throw own.ahead.failure ?? new Error('The transaction had failed.');
      } catch (cause) {
        own.isBroken ||= isLoss(cause);
        throw isLoss(cause) ? new UnknownOutcomeError(cause) : cause;
      }
    },

    async rollbackTransaction(connection) {
      const own = connection as OwnConnection;
      own.isInTransaction = false;
      if (own.isBroken) return;
      // What failed before matters; a connection that cannot even undo it is of no more use.
      await own.client.query('rollback').catch(() => {
        own.isBroken = true;
      });
    },
  });
}

function ownConnection(client: OwnConnection['client']): OwnConnection {
  const own: OwnConnection = {
    client,
    ahead: {},
    isInTransaction: false,
    isBroken: false,
    async executeQuery<Row>(query: CompiledQuery & SentAhead): Promise<QueryResult<Row>> {
      if (query.isSentAhead && own.isInTransaction) {
        sendAhead(own, query);
        return { rows: [] };
      }
      try {
        return await runOn<Row>(client, query);
      } catch (cause) {
        own.isBroken ||= isLoss(cause) || isOutdated(cause);
        // It has not begun: the server looks at what was prepared first.
        if (isOutdated(cause) && !own.isInTransaction) return await runUnprepared(client, query);
        // Within a transaction it is decided where that ends what becomes of a failure.
        throw own.isInTransaction ? (own.ahead.failure ?? cause) : toRefusal(cause);
      }
    },
    streamQuery: neverStreams,
  };
  return own;
}

/** Runs a query as if it had not been prepared on the connection. */
async function runUnprepared<Row>(
  client: OwnConnection['client'],
  { sql, parameters }: CompiledQuery,
): Promise<QueryResult<Row>> {
  try {
    return await runOn<Row>(client, { sql, parameters }, { isPrepared: false });
  } catch (cause) {
    throw toRefusal(cause);
  }
}

/** Sends a query whose failure is found by the next one, which fails for it. */
function sendAhead(own: OwnConnection, query: CompiledQuery | { readonly text: string }): void {
  const { ahead } = own;
  const sent = 'text' in query ? own.client.query(query.text) : runOn(own.client, query);
  sent.catch((cause: unknown) => {
    ahead.failure ??= cause;
    own.isBroken ||= isLoss(cause) || isOutdated(cause);
  });
}

function dialectOf(driver: Omit<Driver, 'init' | 'destroy'>): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => ({ ...driver, init: async () => {}, destroy: async () => {} }),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

async function noTransactions(): Promise<never> {
  throw new Error('A transaction needs a connection of its own.');
}

function neverStreams(): never {
  throw new Error('Results are never streamed.');
}
