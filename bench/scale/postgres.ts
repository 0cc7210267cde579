import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { databaseSettings } from '../../src/config/database.ts';
import { copyRecords } from '../../src/database/copy.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { openPostgres } from '../../src/database/postgres/open-postgres.ts';
import type { PostgresServer } from '../../test/support/postgres/server.ts';
import type { Pair } from './measure.ts';

/** Milliseconds: a large table takes its time, and nobody else waits. */
const patient = { connect: 10_000, statement: 3_600_000, lock: 10_000 };

/** Databases of a PostgreSQL that the measurement starts, with the records of both data folders. */
export interface PostgresCopies extends AsyncDisposable {
  readonly urls: Pair<string>;
}

/** Copies the records of both folders, whose services are stopped, to databases of their own. */
export async function copiesInPostgres(
  folders: Pair<string>,
  progress: (text: string) => void,
): Promise<PostgresCopies> {
  const { startPostgres } = await import('../../test/support/postgres/server.ts');
  await using parts = new AsyncDisposableStack();
  const server = parts.use(await startPostgres({ isDurable: true, settings: roomy }));
  const urls = {
    small: await copyOf(server, { name: 'small', folder: folders.small }, progress),
    large: await copyOf(server, { name: 'large', folder: folders.large }, progress),
  };
  const owned = parts.move();
  return { urls, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A gigabyte for pages, as an operator of a million images would give it; indexes are made by more memory. */
const roomy = { shared_buffers: '1GB', max_wal_size: '8GB', maintenance_work_mem: '512MB' };

async function copyOf(
  server: PostgresServer,
  { name, folder }: { readonly name: string; readonly folder: string },
  progress: (text: string) => void,
): Promise<string> {
  await query(server.url('postgres'), `create database ${name}`);
  const url = server.url(name);
  await using source = await openDatabase(join(folder, 'vitrine.db'));
  await using target = await openCopy(url);
  await target.write.transaction().execute((to) =>
    copyRecords({
      from: source.read,
      to,
      progress: ({ table, rows }) =>
        progress(`${name}: ${rows.toLocaleString('en')} rows of ${table}`),
    }),
  );
  // The planner counts on what autovacuum would find out by and by.
  await query(url, 'vacuum analyze');
  return url;
}

/** Opens one of the copies as a process of a service does. */
export async function openCopy(url: string): Promise<Database> {
  const address = databaseSettings.databaseUrl.read(url, () => undefined, undefined);
  if (!address) throw new Error(`${url} is no URL of a database.`);
  return await openPostgres({
    address,
    maxConnections: 12,
    times: patient,
    processId: randomUUID(),
    report: (message, cause) => console.error(message, cause),
  });
}

async function query(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
