import { setTimeout as after } from 'node:timers/promises';
import { Kysely, sql } from 'kysely';
import { type Client, type ClientConfig, Pool } from 'pg';
import { byLabel, type Metric } from '../../domain/metric.ts';
import { commitCounts, commitMetrics, counted } from '../commit-counts.ts';
import type { Connection, Database, Processes, Turn } from '../database.ts';
import { lockClass, lockNumbers } from '../locks.ts';
import { runPreparedBy } from '../prepared.ts';
import { goneAfter } from '../process-tables.ts';
import type { Tables } from '../tables.ts';
import { clientConfig, openClient, type PostgresAddress, type PostgresTimes } from './clients.ts';
import { ownDialect, queriesOn, type SharedSources, sharedDialect } from './dialects.ts';
import { isLoss, isOutdated, isUndone, toRefusal, UnknownOutcomeError } from './failures.ts';
import { migrateAlone } from './migrate-alone.ts';
import { keepPresence, now, type Presence, usualSilence } from './presence.ts';
import { sharedClients } from './shared-clients.ts';

export interface PostgresOptions {
  readonly address: PostgresAddress;
  /** Where lists are read, if not there. */
  readonly replica?: PostgresAddress | undefined;
  /** Of each process, to each of the two databases. */
  readonly maxConnections: number;
  readonly times: PostgresTimes;
  /** UUID of this process, or of its data folder. */
  readonly processId: string;
  readonly report: (message: string, cause: unknown) => void;
}

/** Reads share connections, which carry more than a process can ask. */
const mostShared = 4;

/** Opens the database of PostgreSQL at an address, creating and migrating its tables as needed. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { address, replica, times, maxConnections, report } = options;
  await using parts = new AsyncDisposableStack();
  const shared = Math.min(mostShared, Math.floor(maxConnections / 3));

  function readers(from: PostgresAddress) {
    const config = clientConfig({ address: from, times, readOnly: true });
    const clients = sharedClients({ open: () => openClient(config), most: shared });
    parts.defer(() => clients.close());
    return clients;
  }

  const config = clientConfig({ address, times, readOnly: false });
  await prepare(config, options);
  const pool = parts.adopt(openPool(config, maxConnections - shared - 1), (open) => open.end());
  const counts = commitCounts();
  const own = new Kysely<Tables>({ dialect: ownDialect(pool, counts) });
  const primary = readers(address);
  const read = sharedConnection(primary);
  const lists = replica ? sharedConnection(readers(replica), primary) : read;
  // Its queries are brief whatever others may take: waiting for one, the process would be taken for gone.
  const brief = { ...config, query_timeout: usualSilence };
  const presence = parts.use(
    await keepPresence({ id: options.processId, open: () => openClient(brief), report }),
  );

  const rest = parts.move();
  const close = () => rest.disposeAsync();
  return {
    read,
    lists,
    write: own,
    processes: processesOn({ id: options.processId, read, presence, pool }),
    transaction: (change) => counted(counts, inTransaction(own, change)),
    metrics: () => [...commitMetrics(counts, pool.waitingCount), connectionsOf(pool)],
    async check() {
      await sql`select 1`.execute(read);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Queries on any of these connections; prepared ones by the shortest way. */
function sharedConnection(...sources: SharedSources): Connection {
  const run = queriesOn(...sources);
  const db = new Kysely<Tables>({ dialect: sharedDialect(run) });
  runPreparedBy(db, run);
  return db;
}

/** @throws Error for the operator, the driver's own as its cause */
async function prepare(
  config: ClientConfig,
  { address, processId }: PostgresOptions,
): Promise<void> {
  const client = await openClient(config).catch((cause: unknown) => {
    const place = `${address.database} at ${address.host}:${address.port}`;
    const reason = cause instanceof Error ? cause.message || String(cause) : String(cause);
    throw new Error(`The database ${place} cannot be used (${reason}). Set VITRINE_DATABASE_URL.`, {
      cause,
    });
  });
  try {
    await checkSettings(client);
    await migrateAlone(client, processId);
  } finally {
    await client.end();
  }
}

/** @throws Error for the operator */
async function checkSettings(client: Client): Promise<void> {
  const { rows } = await client.query<{ encoding: string; version: number; commit: string }>(
    `select current_setting('server_encoding') as encoding,
      current_setting('server_version_num')::int as version,
      current_setting('synchronous_commit') as commit`,
  );
  const [found] = rows;
  const problems = [
    found?.encoding !== 'UTF8' && `its encoding is ${found?.encoding}, UTF8 is wanted`,
    Number(found?.version) < 150_000 && 'it is older than PostgreSQL 15',
    found?.commit === 'off' &&
      'synchronous_commit is off, so a crash would undo acknowledged changes',
  ].filter((problem) => problem !== false);
  if (problems.length > 0) {
    const message = `The database cannot be used: ${problems.join('; ')}.`;
    throw new Error(message, { cause: problems });
  }
}

/** Of the connections that changes use. */
function connectionsOf({ totalCount, idleCount }: Pool): Metric {
  return byLabel('gauge', 'vitrine_database_connections', {
    help: 'Connections to PostgreSQL that are open for changes.',
    label: 'state',
    values: { busy: totalCount - idleCount, idle: idleCount },
  });
}

function openPool(config: ClientConfig, max: number): Pool {
  const pool = new Pool({
    ...config,
    max,
    idleTimeoutMillis: 60_000,
    // A server that was replaced, or grew fat with what it prepared, is left in time.
    maxLifetimeSeconds: 3600,
  });
  // A connection that breaks while nobody uses it is replaced when it is needed; of one in use its queries tell.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Tries of a transaction that the server undoes for the sake of others. */
const mostTries = 10;

/** Tries when the schema has changed: each may meet another connection that knows the earlier one, and ends it. */
const mostOutdated = 1000;

async function inTransaction<T>(
  own: Connection,
  change: (db: Connection) => Promise<T>,
): Promise<T> {
  let outdated = 0;
  for (let tries = 1; ; tries += 1) {
    try {
      return await own.transaction().execute(change);
    } catch (cause) {
      if (isOutdated(cause) && outdated < mostOutdated) {
        outdated += 1;
        tries -= 1;
        continue;
      }
      // Lost before its commit was sent, it has no effect; once, since the server may well be away.
      const isLost = isLoss(cause) && !(cause instanceof UnknownOutcomeError) && tries === 1;
      if (!isLost && !(isUndone(cause) && tries < mostTries)) throw toRefusal(cause);
      await after(Math.random() * 10 * tries);
    }
  }
}

interface ProcessesParts {
  readonly id: string;
  readonly read: Connection;
  readonly presence: Presence;
  readonly pool: Pool;
}

function processesOn({ id, read, presence, pool }: ProcessesParts): Processes {
  /** Runs `work` while this process has the lock of that turn, which goes with the connection. */
  async function holding<T>(
    turn: Turn,
    take: 'pg_advisory_lock' | 'pg_try_advisory_lock',
    work: (isTaken: boolean) => Promise<T>,
  ): Promise<T> {
    const lock = `${lockClass}, ${turnNumbers[turn]}`;
    const client = await pool.connect().catch((cause: unknown) => Promise.reject(toRefusal(cause)));
    let isTaken = false;
    try {
      const { rows } = await client.query(`select ${take}(${lock}) as taken`);
      isTaken = rows[0]?.taken !== false;
      return await work(isTaken);
    } finally {
      const end = isTaken ? client.query(`select pg_advisory_unlock(${lock})`) : undefined;
      // Where it cannot be given back by words, it goes with the connection.
      await Promise.resolve(end).then(
        () => client.release(),
        () => client.release(true),
      );
    }
  }

  return {
    id,
    isShared: true,
    identityChanges: () => presence.identityChanges(),

    async listGone() {
      const { rows } = await sql<{ id: string }>`select distinct process_id as id
        from upload_reservations where not exists (
          select from processes where id = process_id
            and seen_at > ${sql.raw(now)} - ${sql.lit(goneAfter * 1000)}
        )`.execute(read);
      return rows.map((row) => row.id);
    },

    inTurn: (turn, work) => holding(turn, 'pg_advisory_lock', work),

    unlessTaken: (turn, work) =>
      holding(turn, 'pg_try_advisory_lock', async (isTaken) => {
        if (isTaken) await work();
      }),
  };
}

const turnNumbers = {
  delivery: lockNumbers.delivery,
  'first start': lockNumbers.firstStart,
} as const satisfies Record<Turn, number>;
