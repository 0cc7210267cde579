import { integer, type Setting } from './setting.ts';

/** Where a database is, and as whom it is used. */
export interface DatabaseAddress {
  /** A name or address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly tls: 'none' | 'unverified' | 'verified';
  /** Path of the certificates (PEM) that are believed, instead of those of the system. */
  readonly caFile: string | undefined;
}

export interface DatabaseConfig {
  /** PostgreSQL; without it the database is a file in the data folder. */
  readonly databaseUrl: DatabaseAddress | undefined;
  /** Where lists are read, if not there. */
  readonly databaseReplicaUrl: DatabaseAddress | undefined;
  /** Of each process, to each of them. */
  readonly databaseConnections: number;
  /** Bytes of SQLite's write-ahead log that are worth bringing into the file. */
  readonly databaseLogSize: number;
  /** How many processes of this machine serve together. */
  readonly workers: number;
  /** Seconds that a statement may take. */
  readonly databaseTimeout: number;
}

/** `sslmode` as in PostgreSQL's own URLs; of its modes those that say clearly what they do. */
const tlsModes = {
  disable: 'none',
  require: 'unverified',
  'verify-full': 'verified',
} as const satisfies Record<string, DatabaseAddress['tls']>;

const knownParameters = ['host', 'sslmode', 'sslrootcert'];

/** Reads the URL of a PostgreSQL database; tells what is wrong with one without repeating it, for it has a password. */
function readDatabaseUrl(
  value: unknown,
  report: (problem: string) => void,
): DatabaseAddress | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  if (!/^postgres(ql)?:$/.test(url.protocol)) return undefined;
  const unknown = [...url.searchParams.keys()].find((name) => !knownParameters.includes(name));
  const host = url.searchParams.get('host') ?? url.hostname.replace(/^\[(.*)\]$/, '$1');
  const database = decoded(url.pathname.slice(1));
  const user = decoded(url.username);
  const password = decoded(url.password);
  if (unknown !== undefined) {
    report(`the parameter ${unknown} is not known; ${knownParameters.join(', ')} are`);
  } else if (!host || !database || !user || password === undefined) {
    report(
      'a user, a host and a database are wanted, as in postgres://user:password@host/database',
    );
  } else {
    const caFile = url.searchParams.get('sslrootcert') ?? undefined;
    const tls = believable(tlsOf(url, host, report), caFile, report);
    const port = url.port === '' ? 5432 : Number(url.port);
    return tls && { host, port, database, user, password: password || undefined, tls, caFile };
  }
  return undefined;
}

/** Only what stays on the machine travels in the clear unless the operator says so. */
function tlsOf(
  url: URL,
  host: string,
  report: (problem: string) => void,
): DatabaseAddress['tls'] | undefined {
  const mode = url.searchParams.get('sslmode');
  if (mode === null)
    return host.startsWith('/') || /^(localhost|127\.[\d.]+|::1)$/.test(host) ? 'none' : 'verified';
  if (Object.hasOwn(tlsModes, mode)) return tlsModes[mode as keyof typeof tlsModes];
  report(`sslmode must be one of ${Object.keys(tlsModes).join(', ')}`);
  return undefined;
}

/** Authorities are named by those who want them to be asked. */
function believable(
  tls: DatabaseAddress['tls'] | undefined,
  caFile: string | undefined,
  report: (problem: string) => void,
): DatabaseAddress['tls'] | undefined {
  if (caFile === undefined || tls === 'verified' || tls === undefined) return tls;
  report('sslrootcert is for sslmode=verify-full: nothing else looks at certificates');
  return undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function databaseUrl(key: string, about: string): Setting<DatabaseAddress | undefined> {
  return {
    key,
    initial: undefined,
    about,
    read: readDatabaseUrl,
    wanted: 'a URL such as postgres://user:password@host:5432/database?sslmode=verify-full',
    isSecret: true,
  };
}

/** Tells of settings that do not go together. */
export function checkDatabase(
  { workers, databaseUrl: url }: DatabaseConfig,
  report: (problem: string) => void,
): void {
  if (workers > 1 && url === undefined) {
    report(
      `workers: ${workers} processes want database_url, since a database in the data folder serves one.`,
    );
  }
}

export const databaseSettings = {
  databaseUrl: databaseUrl(
    'database_url',
    'The URL of a PostgreSQL database, which several processes may share; without it the database is an SQLite file in the data folder',
  ),
  databaseReplicaUrl: databaseUrl(
    'database_replica_url',
    'The URL of a copy of it that follows it (a hot standby), from which lists of images are read',
  ),
  databaseConnections: integer('database_connections', {
    initial: 12,
    about: 'Connections that one process opens to PostgreSQL at most, and as many to a replica',
    min: 6,
    max: 1000,
  }),
  databaseLogSize: integer('database_log_size', {
    initial: 16 * 1024 * 1024,
    about:
      'Bytes of the log of the SQLite file that are worth bringing into the file itself; it becomes a few times larger at most, and a start reads it',
    min: 64 * 1024,
    max: 2 ** 32,
  }),
  workers: integer('workers', {
    initial: 1,
    about: 'How many processes serve together on this machine; more than one want `database_url`',
    min: 1,
    max: 256,
  }),
  databaseTimeout: integer('database_timeout', {
    initial: 30,
    about: 'Seconds that PostgreSQL may take for one statement; a third of it to wait for a lock',
    min: 1,
    max: 3600,
  }),
} as const satisfies { readonly [Name in keyof DatabaseConfig]: Setting<DatabaseConfig[Name]> };
