import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { databaseSettings } from '../../../src/config/database.ts';
import type { Database } from '../../../src/database/database.ts';
import {
  openPostgres,
  type PostgresOptions,
} from '../../../src/database/postgres/open-postgres.ts';
import { type PostgresServer, startPostgres } from './server.ts';

/** Where `npm test` tells its files of the server that they share. */
const variable = 'VITRINE_TEST_POSTGRES';

/** A migrated database without a row, which others are copied from. */
const template = 'vitrine_template';

export interface PostgresDatabase extends AsyncDisposable {
  readonly url: string;
}

let own: Promise<PostgresServer> | undefined;

/** The folder of the server that this run of tests shares; a file that runs alone starts one. */
export async function sharedFolder(): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined) return given;
  // It ends with this process.
  own ??= startServer();
  return (await own).folder;
}

/** Starts a server with a template, and tells the processes that this one starts of it. */
export async function startServer(): Promise<PostgresServer> {
  const server = await startPostgres();
  const admin = await adminOf(server.folder);
  await admin.query(`create database ${template}`);
  const database = await openAt(server.url(template));
  await database.close();
  await admin.end();
  process.env[variable] = server.folder;
  return server;
}

async function adminOf(folder: string): Promise<Client> {
  const admin = new Client({ host: folder, user: 'postgres', database: 'postgres' });
  await admin.connect();
  return admin;
}

/** Makes a database with every table and no row, which goes when it is disposed of. */
export async function postgresDatabase(from = template): Promise<PostgresDatabase> {
  const folder = await sharedFolder();
  const name = `vitrine_${randomUUID().replaceAll('-', '')}`;
  const admin = await adminOf(folder);
  await admin.query(`create database ${name} template ${from} strategy file_copy`);
  await admin.end();
  return {
    url: `postgres://postgres@localhost/${name}?host=${folder}`,
    async [Symbol.asyncDispose]() {
      const last = await adminOf(folder);
      await last.query(`drop database ${name} with (force)`);
      await last.end();
    },
  };
}

/** The address in a URL as operators write it. */
export function addressIn(url: string) {
  const told: string[] = [];
  const address = databaseSettings.databaseUrl.read(
    url,
    (problem) => told.push(problem),
    undefined,
  );
  if (!address) throw new Error(`${url}: ${told.join()}`);
  return address;
}

/** Times, ms, that nothing runs into on a busy machine. */
export const patient = { connect: 30_000, statement: 60_000, lock: 30_000 };

/** Opens a database as one process of a service does. */
export function openAt(url: string, options: Partial<PostgresOptions> = {}): Promise<Database> {
  return openPostgres({
    address: addressIn(url),
    maxConnections: 12,
    times: patient,
    processId: randomUUID(),
    report: () => undefined,
    ...options,
  });
}
