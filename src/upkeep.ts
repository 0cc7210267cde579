import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Config, ConfigError, type ReadConfig } from './config.ts';
import { makeDataDir } from './data-dir.ts';
import { checkNoRecords, copyRecords } from './database/copy.ts';
import { type Connection, type Database, openDatabase } from './database/database.ts';
import { lockInstance } from './database/instance-lock.ts';
import {
  openSnapshot,
  prepareRecords,
  snapshotPostgres,
  snapshotSqlite,
} from './database/snapshot.ts';
import { lockFile, openStores } from './open-parts.ts';
import { type BackupOptions, type BackupResult, makeBackup } from './service/backup/backup.ts';
import { databaseFile, type Manifest } from './service/backup/format.ts';
import { bringFile, type RestoreOptions, restoreBackup } from './service/backup/restore.ts';
import { type CheckOptions, type CheckReport, check } from './service/check/check.ts';
import { repairOf } from './service/check/repair.ts';
import { hashers } from './store/hashing.ts';
import type { Stores } from './store/stores.ts';

/*
 * What an operator does with the data of a service beside it, or while it is stopped: put together of the same parts, by
 * the same configuration.
 */

/** @throws ConfigError */
function configOf({ config, problems }: ReadConfig): Config {
  if (problems.length > 0) throw new ConfigError(problems);
  // What is written is for the account of the service alone.
  process.umask(0o077);
  return config;
}

/** Opens the stores for as long as the work takes. */
async function withStores<T>(config: Config, work: (stores: Stores) => Promise<T>): Promise<T> {
  await using parts = new AsyncDisposableStack();
  const dataDir = resolve(config.dataDir);
  const threads = parts.use(hashers({ pairs: 1 }));
  return await work(parts.use(await openStores(config, { dataDir, hashers: threads })));
}

/** Makes a backup of the service of a configuration, be it running or not. @throws Error for the operator */
export async function backUp(
  read: ReadConfig,
  options: Pick<BackupOptions, 'leave' | 'progress' | 'rereads' | 'reuse' | 'to'>,
): Promise<BackupResult> {
  const config = configOf(read);
  const dataDir = resolve(config.dataDir);
  if (!config.databaseUrl) checkThere(dataDir);
  return await withStores(config, (stores) => {
    for (const id of options.leave) checkStore(stores, id);
    return makeBackup({
      ...options,
      to: resolve(options.to),
      stores,
      dataDir,
      takeSnapshot: (to) => takeSnapshot(config, to),
      clock: () => new Date(),
    });
  });
}

async function takeSnapshot(config: Config, to: string): Promise<void> {
  if (!config.databaseUrl) {
    return await snapshotSqlite(join(resolve(config.dataDir), databaseFile), to);
  }
  await using records = await openShared(config);
  await records.inSnapshot((db) => snapshotPostgres(db, to));
}

/** @throws Error for the operator */
function checkStore(stores: Stores, id: string): void {
  if (stores.find(id)) return;
  throw new Error(`There is no store ${id} to leave.`, { cause: id });
}

/** How a check is to go. */
export interface CheckChoice extends Pick<CheckOptions, 'hashes' | 'minAge' | 'progress'> {
  readonly repairs: boolean;
  /** Whether orphans are removed instead of moved aside. */
  readonly removesOrphans: boolean;
}

/** Compares the records of the service of a configuration with its stores. @throws Error for the operator */
export async function checkService(read: ReadConfig, choice: CheckChoice): Promise<CheckReport> {
  const config = configOf(read);
  const clock = () => new Date();
  const { repairs, removesOrphans } = choice;
  return await withStores(config, async (stores) => {
    await using records = await openRecords(config, repairs);
    const { database } = records;
    const repair =
      database && repairs ? repairOf({ database, stores, removesOrphans, clock }) : undefined;
    return await check({ ...choice, ...records, stores, repair, clock });
  });
}

/** The records of a service, for whoever works beside it. */
interface Records extends AsyncDisposable, Pick<CheckOptions, 'db' | 'inSnapshot' | 'isFile'> {
  /** Undefined where only reading is safe. */
  readonly database: Database | undefined;
}

/** @throws Error for the operator; when they are to be changed while a service has them to itself, too */
async function openRecords(config: Config, forChange: boolean): Promise<Records> {
  const dataDir = resolve(config.dataDir);
  if (config.databaseUrl) return await openShared(config);
  const path = join(dataDir, databaseFile);
  checkThere(dataDir);
  if (!forChange) {
    const { db, ...rest } = await openSnapshot(path);
    const inSnapshot: Records['inSnapshot'] = (work) => db.transaction().execute(work);
    return { ...rest, db, inSnapshot, isFile: true, database: undefined };
  }
  await using parts = new AsyncDisposableStack();
  parts.use(lockForRepair(dataDir));
  const database = parts.use(await openDatabase(path));
  const inSnapshot: Records['inSnapshot'] = (work) => database.write.transaction().execute(work);
  const rest = parts.move();
  return {
    db: database.read,
    inSnapshot,
    isFile: true,
    database,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** PostgreSQL keeps changes of several processes apart. */
async function openShared(config: Config): Promise<Records> {
  const report = (message: string, cause: unknown) => console.error(message, cause);
  const { openPostgres } = await import('./database/postgres/open-postgres.ts');
  const { databaseUrl: address, databaseTimeout } = config;
  if (!address) throw new Error('database_url: is not set.');
  const statement = databaseTimeout * 1000;
  const database = await openPostgres({
    address,
    maxConnections: 6,
    times: { connect: 10_000, statement, lock: Math.ceil(statement / 3) },
    processId: randomUUID(),
    report,
  });
  const inSnapshot: Records['inSnapshot'] = (work) =>
    database.write.transaction().setIsolationLevel('repeatable read').execute(work);
  return {
    db: database.read,
    inSnapshot,
    isFile: false,
    database,
    [Symbol.asyncDispose]: () => database.close(),
  };
}

function lockForRepair(dataDir: string): Disposable {
  try {
    return lockInstance(join(dataDir, lockFile));
  } catch (cause) {
    const text = `The service runs on ${dataDir}, and nobody else may change its records.`;
    throw new Error(`${text} Stop it for --repair; without it a check runs beside it.`, { cause });
  }
}

/** @throws Error for the operator when there is no database in a folder */
function checkThere(dataDir: string): void {
  if (existsSync(join(dataDir, databaseFile))) return;
  throw new Error(`There is no service in ${dataDir}: it has no ${databaseFile}.`, {
    cause: dataDir,
  });
}

/** Fills the empty data folder of a configuration with a backup. @throws Error for the operator */
export async function restore(
  read: ReadConfig,
  options: Pick<RestoreOptions, 'from' | 'progress'> & {
    /** Whether tokens from before the snapshot are good again. */
    readonly keepsTokens: boolean;
  },
): Promise<Manifest> {
  const config = configOf(read);
  const dataDir = resolve(config.dataDir);
  makeDataDir(dataDir);
  using _alone = lockInstance(join(dataDir, lockFile));
  return await withStores(config, (stores) =>
    restoreBackup({
      ...options,
      from: resolve(options.from),
      stores,
      dataDir,
      checkRecords: () => checkEmptyDatabase(config),
      async bringRecords(path) {
        prepareRecords(path, options);
        await bringPrepared(config, path);
      },
    }),
  );
}

/** @throws Error for the operator when there are records in PostgreSQL; of a file its folder tells */
async function checkEmptyDatabase(config: Config): Promise<void> {
  if (!config.databaseUrl) return;
  await using records = await openShared(config);
  await checkNoRecords(records.db).catch((cause: unknown) => {
    if (!(cause instanceof Error)) throw cause;
    throw new Error(`${cause.message} A backup is restored into an empty database.`, { cause });
  });
}

/** Puts records to where the service has them, all at once. */
async function bringPrepared(config: Config, path: string): Promise<void> {
  if (!config.databaseUrl) return await bringFile(path, resolve(config.dataDir));
  await using target = await openShared(config);
  await using source = await openSnapshot(path);
  const copy = (to: Connection) => copyRecords({ from: source.db, to, progress: () => undefined });
  await target.inSnapshot(copy);
  await rm(path);
}
