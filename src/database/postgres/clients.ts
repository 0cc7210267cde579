import { readFileSync } from 'node:fs';
import type { QueryResult } from 'kysely';
import { Client, type ClientConfig, types } from 'pg';

/** Where a database is, and as whom it is used. */
export interface PostgresAddress {
  /** A name or address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  /** `none` sends all in the clear; `unverified` believes any certificate; `verified` only one for this host. */
  readonly tls: 'none' | 'unverified' | 'verified';
  /** Path of the certificates (PEM) that are believed, instead of those of the system. */
  readonly caFile: string | undefined;
}

/** How long things may take, ms. */
export interface PostgresTimes {
  /** To get a connection. */
  readonly connect: number;
  /** A statement, as the server counts it. */
  readonly statement: number;
  /** To wait for a lock. */
  readonly lock: number;
}

export interface ClientOptions {
  readonly address: PostgresAddress;
  readonly times: PostgresTimes;
  readonly readOnly: boolean;
}

/**
 * Queries are short: compiling them would take longer than running them. A machine that is gone without a word is
 * noticed within a minute (seconds), and the locks that it held are free.
 */
const always = {
  jit: 'off',
  client_encoding: 'UTF8',
  tcp_keepalives_idle: '20',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '3',
};

/**
 * What is read is written for its indexes, which give it in order; planning a list anew for its values would take
 * longer than the list, and what else could be done with them grows with the number of images.
 */
const reading = {
  default_transaction_read_only: 'on',
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_material: 'off',
  enable_sort: 'off',
};

function flagsOf(settings: Readonly<Record<string, string>>): string {
  const flags = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  return flags.join(' ');
}

/** What the driver is told. */
export function clientConfig({ address, times, readOnly }: ClientOptions): ClientConfig {
  const { host, port, database, user, password, tls, caFile } = address;
  const ssl = {
    rejectUnauthorized: tls === 'verified',
    ...(caFile !== undefined && { ca: readFileSync(caFile) }),
  };
  return {
    host,
    port,
    database,
    user,
    ...(password !== undefined && { password }),
    ssl: tls !== 'none' && ssl,
    application_name: 'vitrine',
    // Queries that arrive together travel together.
    pipeline: true,
    keepAlive: true,
    connectionTimeoutMillis: times.connect,
    statement_timeout: times.statement,
    // The server's answer comes first, unless it is gone.
    query_timeout: times.statement + times.connect,
    lock_timeout: times.lock,
    idle_in_transaction_session_timeout: times.statement + times.connect,
    options: flagsOf(readOnly ? { ...always, ...reading } : always),
    types: { getTypeParser },
  };
}

/** As the driver's, but with whole numbers as numbers (all of ours are exact) and JSON as the text that it is. */
function getTypeParser(type: number, format?: 'text' | 'binary') {
  if (type === types.builtins.INT8) return Number;
  if (type === types.builtins.JSON) return String;
  return types.getTypeParser(type, format);
}

/** Opens a connection of its own; whoever opens it ends it. */
export async function openClient(config: ClientConfig): Promise<Client> {
  const client = new Client(config);
  // What breaks is told by its queries; unheard, it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Bounds what the server keeps for each connection: filters combine freely, so the number of texts has no natural end. */
const maxStatements = 1000;

const names = new Map<string, string>();

/** The name under which a text is prepared on every connection; undefined when there are enough of them. */
function nameOf(sql: string): string | undefined {
  const known = names.get(sql);
  if (known !== undefined) return known;
  if (names.size >= maxStatements) return undefined;
  const name = `s${names.size}`;
  names.set(sql, name);
  return name;
}

/** The text of a query, and the values that it names by `$1`, `$2` and so on. */
export interface Query {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Runs a query, prepared where it has been before unless that is not wanted. */
export function runOn<Row>(
  client: Pick<Client, 'query'>,
  { sql, parameters }: Query,
  { isPrepared = true } = {},
): Promise<QueryResult<Row>> {
  const name = isPrepared ? nameOf(sql) : undefined;
  const query = { text: sql, values: [...parameters], ...(name !== undefined && { name }) };
  return new Promise((resolve, reject) => {
    client.query(query, (error: Error | undefined, result) => {
      if (error) return reject(error);
      const { command, rowCount, rows } = result;
      const changes = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE';
      resolve(changes ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows });
    });
  });
}
