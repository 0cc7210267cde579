import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, ConfigError, type ReadConfig } from './config.ts';
import { makeDataDir } from './data-dir.ts';
import { lockInstance } from './database/instance-lock.ts';
import { dropSigningKeys, snapshotSqlite } from './database/snapshot.ts';
import { lockFile, openStores } from './open-parts.ts';
import { type BackupOptions, type BackupResult, makeBackup } from './service/backup/backup.ts';
import { databaseFile, type Manifest } from './service/backup/format.ts';
import { bringFile, type RestoreOptions, restoreBackup } from './service/backup/restore.ts';
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
  options: Pick<BackupOptions, 'progress' | 'rereads' | 'reuse' | 'to'>,
): Promise<BackupResult> {
  const config = configOf(read);
  const dataDir = resolve(config.dataDir);
  const path = join(dataDir, databaseFile);
  if (!existsSync(path)) {
    throw new Error(`There is no service in ${dataDir}: it has no ${databaseFile}.`, {
      cause: dataDir,
    });
  }
  return await withStores(config, (stores) =>
    makeBackup({
      ...options,
      to: resolve(options.to),
      stores,
      dataDir,
      takeSnapshot: (to) => snapshotSqlite(path, to),
      clock: () => new Date(),
    }),
  );
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
      async bringRecords(path) {
        // What was revoked since the snapshot would be good again.
        if (!options.keepsTokens) dropSigningKeys(path);
        await bringFile(path, dataDir);
      },
    }),
  );
}
