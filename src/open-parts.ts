import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { type ChosenStore, chosenStores } from './config/store-choice.ts';
import { webRulesOf, webTimesOf } from './config/web.ts';
import { type Config, ConfigError } from './config.ts';
import { type Database, openDatabase } from './database/database.ts';
import { lockInstance } from './database/instance-lock.ts';
import type { ReadRequests } from './domain/read-requests.ts';
import { readHost } from './domain/web-rules.ts';
import { unfinishedFile } from './service/backup/format.ts';
import type { Report } from './service/unwanted-data.ts';
import type { ImageCache } from './store/cache/image-cache.ts';
import { filesystemStore } from './store/filesystem.ts';
import type { Hashers } from './store/hashing.ts';
import type { HttpSource } from './store/http-reader.ts';
import type { Store } from './store/store.ts';
import { type ConfiguredStore, type Stores, storesOf } from './store/stores.ts';
import type { WebTimes } from './web/exchange.ts';
import { systemResolver } from './web/resolver.ts';
import { type WebClient, webClient } from './web/web-client.ts';

/** In a data folder: what a process holds that has it to itself. */
export const lockFile = 'vitrine.lock';

/** Claims the folder of a process. @throws Error for the operator; when its data is only half of what was to be restored, too */
export function lockFolder(ownDir: string, dataDir: string): Disposable {
  const lock = lockInstance(join(ownDir, lockFile));
  if (!existsSync(join(dataDir, unfinishedFile))) return lock;
  lock[Symbol.dispose]();
  throw new Error(
    `A restore into the data folder ${dataDir} has not ended. Run vitrine restore again, or empty the folder.`,
    { cause: unfinishedFile },
  );
}

interface DatabaseParts {
  readonly report: Report;
  /** Of this service. */
  readonly readRequests: ReadRequests;
  /** Told when the embedded database may not be used any more. */
  readonly onDatabaseFailure?: ((cause: unknown) => void) | undefined;
}

/** The database of the configuration: SQLite's file in the data folder unless it names another. */
export async function openDatabaseOf(
  config: Config,
  ownDir: string,
  { report, onDatabaseFailure, readRequests }: DatabaseParts,
): Promise<Database> {
  const { databaseUrl, databaseTimeout, databaseConnections, databaseLogSize } = config;
  if (!databaseUrl) {
    return await openDatabase(join(ownDir, 'vitrine.db'), {
      onFailure: onDatabaseFailure,
      logSize: databaseLogSize,
      report,
      readRequests,
    });
  }
  // Most services run without.
  const { openPostgres } = await import('./database/postgres/open-postgres.ts');
  const statement = databaseTimeout * 1000;
  return await openPostgres({
    address: databaseUrl,
    replica: config.databaseReplicaUrl,
    maxConnections: databaseConnections,
    times: { connect: 10_000, statement, lock: Math.ceil(statement / 3) },
    processId: processIdIn(ownDir),
    report,
  });
}

/** The id of the process in a data folder, which it has from the one before it: so it finds what that one left. */
function processIdIn(dataDir: string): string {
  const path = join(dataDir, 'process-id');
  if (existsSync(path)) return readFileSync(path, 'utf8').trim();
  const id = randomUUID();
  writeFileSync(path, `${id}\n`, { flush: true });
  return id;
}

interface StoreParts {
  readonly dataDir: string;
  readonly hashers: Hashers;
  /** Given each store; what it gives back is used in its place. */
  readonly watch?: (store: Store) => Store;
}

interface CacheParts {
  /** Of this process alone. */
  readonly ownDir: string;
  readonly hashers: Hashers;
  readonly report: Report;
}

/** Where data of other machines is kept, if the operator wants that; most services run without. */
export async function openCache(
  { imageCacheDir, imageCacheMaxSize, imageCacheStallTime, minFreeBytes }: Config,
  { ownDir, hashers, report }: CacheParts,
): Promise<ImageCache | undefined> {
  if (imageCacheDir === '') return undefined;
  const { openImageCache } = await import('./store/cache/image-cache.ts');
  return await openImageCache({
    directory: imageCacheDir,
    maxSize: imageCacheMaxSize,
    stallTime: imageCacheStallTime * 1000,
    minFreeBytes,
    hashers,
    owner: `${hostname()}:${resolve(ownDir)}`,
    report,
  });
}

/** Where the data of images is, the default store first. */
export async function openStores(config: Config, parts: StoreParts): Promise<Stores> {
  const chosen = chosenStores(config, (problem) => {
    throw new ConfigError([problem]);
  });
  const [first, ...rest] = await Promise.all(
    chosen.map(async (one): Promise<ConfiguredStore> => {
      const { type, description, weight } = one;
      const opened = await openStore(config, one, parts);
      const store = parts.watch?.(opened) ?? opened;
      return { store, type, description, weight, properties: storeProperties(one, parts) };
    }),
  );
  if (!first) throw new ConfigError(['stores: at least one store is wanted.']);
  return storesOf([first, ...rest], config.stores.length > 0);
}

/** What admins are told of a store, by the names that Glance has for it. */
function storeProperties({ type, remote, directory }: ChosenStore, { dataDir }: StoreParts) {
  if (type === 'http') return {};
  if (remote?.kind === 's3') {
    const { bucket, partSize } = remote;
    return { bucket, s3_store_large_object_chunk_size: partSize / mib };
  }
  if (remote?.kind === 'swift') {
    const { container, partSize } = remote;
    return { container, large_object_chunk_size: partSize / mib };
  }
  return { data_dir: directory || join(dataDir, 'images'), thin_provisioning: false };
}

const mib = 1024 * 1024;

/** Most services keep data in files, and load nothing else. */
async function openStore(
  config: Config,
  { id, type, remote, directory }: ChosenStore,
  { dataDir, hashers }: StoreParts,
): Promise<Store> {
  if (type === 'http') return await openHttpStore(config, id);
  if (remote?.kind === 's3') {
    const { s3Store } = await import('./store/s3/s3-store.ts');
    return s3Store({ ...remote, id, hashers });
  }
  if (remote?.kind === 'swift') {
    const { swiftStore } = await import('./store/swift/swift-store.ts');
    return swiftStore({ ...remote, id, hashers });
  }
  const { minFreeBytes } = config;
  return filesystemStore({
    id,
    directory: directory || join(dataDir, 'images'),
    minFreeBytes,
    hashers,
  });
}

async function openHttpStore(config: Config, id: string): Promise<Store> {
  const { httpStore } = await import('./store/http-store.ts');
  const web = webOf(config, webTimesOf(config));
  return httpStore({ id, source: httpSourceOf(web, 'url') });
}

/** @param field what callers call the URL, for messages */
export function httpSourceOf(web: WebClient, field: string): HttpSource {
  return {
    head: (url, signal) => web.head(url, { field, signal }),
    open: (url, from, signal) =>
      web.open(url, { field, signal, from, maxSize: Number.MAX_SAFE_INTEGER }),
  };
}

/** Asks URLs that callers chose, as far as the operator lets them. */
export function webOf(config: Config, times: WebTimes): WebClient {
  return webClient({
    rules: webRulesOf(config),
    times,
    ca: config.webCafile,
    resolver: systemResolver,
  });
}

/** Asks the image services of other regions, wherever they are, and nobody else. */
export function webOfRegions(config: Config): WebClient {
  const urls = [...config.glanceDownloadRegions.values()].map((url) => new URL(url));
  const hosts = urls.flatMap(({ hostname }) => readHost(hostname) ?? []);
  const any = { allowed: [], denied: [] };
  return webClient({
    rules: { schemes: any, ports: any, hosts: { allowed: hosts, denied: [] }, networks: any },
    times: webTimesOf(config),
    ca: config.webCafile,
    resolver: systemResolver,
  });
}
