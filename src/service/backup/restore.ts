import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openRecords } from '../../database/database.ts';
import { relocateData } from '../../database/relocation.ts';
import { findUnsoundness, newestStep, openSnapshot } from '../../database/snapshot.ts';
import { type Store, StoreError } from '../../store/store.ts';
import type { ConfiguredStore, Stores } from '../../store/stores.ts';
import { differenceOf, lookThrough } from '../data-look.ts';
import { syncFolders } from './backup.ts';
import { checkData, copyData, copySecret, WrongDataError } from './data-copy.ts';
import {
  cloudsFile,
  codeOf,
  databaseFile,
  dataPath,
  type KeptData,
  keyOf,
  type ListedFile,
  type Manifest,
  manifestFile,
  readDataList,
  readManifest,
  syncFolder,
  unfinishedFile,
  writeWhole,
} from './format.ts';
import { relocation } from './relocation.ts';

export interface RestoreOptions {
  /** The folder of the backup. */
  readonly from: string;
  /** The data folder that the service is to have, which the caller has to itself. */
  readonly dataDir: string;
  readonly stores: Stores;
  /** Puts the records of a file of SQLite to where the service has them, durably and at once. */
  readonly bringRecords: (path: string) => Promise<void>;
  /** @throws Error when there are records already where they are to be */
  readonly checkRecords: () => Promise<void>;
  readonly progress: (so: RestoreProgress) => void;
}

export interface RestoreProgress {
  readonly step: 'copy' | 'read again';
  readonly files: number;
  readonly ofFiles: number;
  /** Of data, read so far in this step. */
  readonly bytes: number;
}

/**
 * Fills an empty data folder, and the empty stores that belong to it, with what a backup has. Everything is looked at
 * before the first file is written, while it is copied, and again where it has arrived; the records come last.
 *
 * @throws Error for the operator; what was begun can be begun again
 */
export async function restoreBackup(options: RestoreOptions): Promise<Manifest> {
  const { from, dataDir } = options;
  const manifest = await readWholeBackup(from);
  const list = await readDataList(from);
  const places = placesOf(options, list);
  await checkSizes(from, list);
  await checkEmpty(options);
  await options.checkRecords();

  await writeWhole(join(dataDir, unfinishedFile), `${from}\n`);
  const brought = await copyAll(options, { list, places });
  await readAgain(options, { list, places }, brought);
  const hasClouds = manifest.files.some(({ path }) => path === cloudsFile);
  if (hasClouds) await copySecret(join(from, cloudsFile), join(dataDir, cloudsFile));
  await bringDatabase(options, { manifest, list, places });
  await rm(join(dataDir, unfinishedFile));
  await syncFolder(dataDir);
  return manifest;
}

/** @throws Error when it is no whole backup, or not one that this release can take */
async function readWholeBackup(from: string): Promise<Manifest> {
  const manifest = await readManifest(from);
  if (!manifest) {
    const text = `There is no whole backup in ${from}: it has no ${manifestFile}.`;
    throw new Error(`${text} A backup that was interrupted cannot be restored.`, { cause: from });
  }
  if (manifest.schema !== newestStep) {
    const text = `The backup is of a schema up to ${manifest.schema}, this release has ${newestStep}.`;
    throw new Error(`${text} Restore it with the release that made it.`, {
      cause: manifest.schema,
    });
  }
  for (const file of manifest.files) await checkFile(from, file);
  return manifest;
}

/** @throws Error when it is not what the manifest says */
async function checkFile(folder: string, { path, size, sha256 }: ListedFile): Promise<void> {
  const hash = createHash('sha256');
  let found = 0;
  try {
    for await (const piece of createReadStream(join(folder, path))) {
      hash.update(piece);
      found += piece.length;
    }
  } catch (cause) {
    throw new Error(`${join(folder, path)} cannot be read (${codeOf(cause) ?? 'not known why'}).`, {
      cause,
    });
  }
  if (found === size && hash.digest('hex') === sha256) return;
  const text = `${join(folder, path)} is not what the manifest says: the backup is damaged.`;
  throw new Error(text, { cause: path });
}

interface Work {
  readonly list: ReadonlyMap<string, KeptData>;
  /** By their ids. */
  readonly places: ReadonlyMap<string, ConfiguredStore>;
}

/** Where the data goes: to the store of that id, or else, when it is all of one store, to the default one. @throws Error when there is none */
function placesOf({ stores }: RestoreOptions, list: Work['list']): Work['places'] {
  const ids = new Set([...list.values()].map(({ store }) => store));
  const places = new Map<string, ConfiguredStore>();
  for (const id of ids) {
    const found = stores.find(id) ?? (ids.size === 1 ? stores.default : undefined);
    if (!found || found.type === 'http') {
      const text = `The backup has data of the store ${id}, which is not set up here.`;
      throw new Error(`${text} Give it the stores that the service had.`, { cause: id });
    }
    places.set(id, found);
  }
  return places;
}

async function checkSizes(from: string, list: Work['list']): Promise<void> {
  let wrong = 0;
  for (const kept of list.values()) {
    const found = await lstat(join(from, dataPath(kept))).catch(() => undefined);
    if (!found?.isFile() || found.size !== kept.size) wrong += 1;
  }
  if (wrong === 0) return;
  const text = `${wrong} of ${list.size} files with data are missing from the backup, or not as large as they were.`;
  throw new Error(text, { cause: from });
}

/** Names that a data folder may have before it is filled: what this makes itself, and what others make of folders. */
const harmless = /^(vitrine\.lock.*|lost\+found|restore\.unfinished.*)$/;

/** @throws Error unless nothing is there, or a restore that did not end */
async function checkEmpty({ dataDir, stores }: RestoreOptions): Promise<void> {
  if (existsSync(join(dataDir, unfinishedFile))) return;
  const names = (await readdir(dataDir)).filter((name) => !harmless.test(name));
  if (names.length > 0) {
    const text = `The data folder ${dataDir} is not empty: there is ${names[0]} in it.`;
    throw new Error(`${text} A backup is restored into an empty one.`, { cause: names });
  }
  for (const { store } of stores.all) {
    if (!store.files) continue;
    for await (const object of store.list()) {
      const text = `The folder ${store.files.directory} of the store ${store.id} is not empty`;
      throw new Error(`${text}: there is ${object.name} in it.`, { cause: object.name });
    }
  }
}

/** Files that are copied at a time: each waits for the disk. */
const atOnce = 4;

async function each(list: Work['list'], work: (one: KeptData) => Promise<void>): Promise<void> {
  const waiting = list.values();
  let hasFailed = false;
  const lanes = Array.from({ length: atOnce }, async () => {
    for (const one of waiting) {
      if (hasFailed) return;
      await work(one).catch((cause: unknown) => {
        hasFailed = true;
        throw cause;
      });
    }
  });
  // Nobody works on behind a failure, when the locks are given up.
  await Promise.allSettled(lanes);
  await Promise.all(lanes);
}

/** Returns what was brought, by its key, rather than found there. */
async function copyAll(
  { from, progress }: RestoreOptions,
  { list, places }: Work,
): Promise<ReadonlySet<string>> {
  const brought = new Set<string>();
  for (const { store } of places.values()) await store.check();
  let [files, bytes] = [0, 0];
  await each(list, async (kept) => {
    const isNew = await bring(join(from, dataPath(kept)), storeOf(places, kept), kept);
    if (isNew) brought.add(keyOf(kept));
    files += 1;
    bytes += kept.size;
    progress({ step: 'copy', files, ofFiles: list.size, bytes });
  });
  for (const { store } of places.values()) if (store.files) await syncAll(store.files.directory);
  return brought;
}

/** What an earlier go has brought, or was there all the time, is not brought again: it is read below. */
async function bring(source: string, store: Store, kept: KeptData): Promise<boolean> {
  const { id, size } = kept;
  if (store.files) {
    const to = store.files.pathOf(id);
    if ((await lstat(to).catch(() => undefined))?.size === size) return false;
    await copyData({ from: source, to, wanted: wantedOf(kept), links: false, keepsWrong: false });
    return true;
  }
  if ((await sizeIn(store, id)) === size) return false;
  const { signal } = new AbortController();
  const put = { maxSize: size, expectedSize: size, signal };
  const stored = await store.put(id, createReadStream(source), put);
  if (stored.sha512 === kept.sha512) return true;
  await store.delete(stored.location);
  throw new WrongDataError(source, 0);
}

/** Bytes that a store has of some data; undefined when it has none. */
async function sizeIn(store: Store, id: string): Promise<number | undefined> {
  try {
    await using reader = await store.open(store.locationOf(id));
    return reader.size;
  } catch (cause) {
    if (cause instanceof StoreError && cause.code === 'NotFound') return undefined;
    throw cause;
  }
}

/** Down from the folder that was there before. */
async function syncAll(directory: string): Promise<void> {
  await syncFolders(directory);
  await syncFolder(dirname(directory));
}

async function readAgain(
  { progress }: RestoreOptions,
  { list, places }: Work,
  brought: ReadonlySet<string>,
): Promise<void> {
  let [files, bytes] = [0, 0];
  await each(list, async (kept) => {
    await checkThere(storeOf(places, kept), kept, brought);
    files += 1;
    bytes += kept.size;
    progress({ step: 'read again', files, ofFiles: list.size, bytes });
  });
}

/** @throws Error when what lies there is not what it is to be; what an object store had before is not touched */
async function checkThere(
  store: Store,
  kept: KeptData,
  brought: ReadonlySet<string>,
): Promise<void> {
  const { id } = kept;
  const place = store.files?.pathOf(id) ?? `${id} in store ${store.id}`;
  try {
    if (store.files) await checkData(store.files.pathOf(id), wantedOf(kept));
    else await checkStored(store, kept);
  } catch (cause) {
    if (!(cause instanceof WrongDataError)) throw cause;
    if (!brought.has(keyOf(kept)) && !store.files) {
      const text = `There is other data at ${place} than the backup has. Remove it, or name another place.`;
      throw new Error(text, { cause });
    }
    await store.delete(store.locationOf(id));
    const text = `${place} is not what was written there a moment ago.`;
    throw new Error(`${text} It was removed; restore again.`, { cause });
  }
}

/** @throws WrongDataError */
async function checkStored(store: Store, kept: KeptData): Promise<void> {
  const location = store.locationOf(kept.id);
  await using reader = await store.open(location);
  const position = differenceOf(wantedOf(kept), await lookThrough(reader, async () => {}));
  if (position !== undefined) throw new WrongDataError(location, position);
}

function storeOf(places: Work['places'], { store: id }: KeptData): Store {
  const place = places.get(id);
  if (!place) throw new Error(`No place for the data of store ${id}.`);
  return place.store;
}

function wantedOf({ size, sha512 }: KeptData) {
  return { size, sha512, sums: undefined };
}

async function bringDatabase(
  { from, dataDir, stores, bringRecords }: RestoreOptions,
  { manifest, list, places }: Work & { readonly manifest: Manifest },
): Promise<void> {
  const path = join(dataDir, `${databaseFile}.restored`);
  const anything = { size: undefined, sums: undefined, sha512: undefined };
  const source = join(from, databaseFile);
  await copyData({ from: source, to: path, wanted: anything, links: false, keepsWrong: false });
  const listed = manifest.files.find((file) => file.path === databaseFile);
  if (listed) await checkFile(dataDir, { ...listed, path: `${databaseFile}.restored` });
  {
    await using database = await openSnapshot(path);
    const unsound = await findUnsoundness(database.db);
    if (unsound.length > 0) {
      throw new Error(`The database of the backup is not sound: ${unsound[0]}.`, {
        cause: unsound,
      });
    }
  }
  {
    await using records = await openRecords(path);
    const relocate = relocation(stores, { list, places });
    await records.db.transaction().execute((db) => relocateData(db, relocate));
  }
  await bringRecords(path);
}

/** Puts a database file in its place in an otherwise finished data folder. */
export async function bringFile(path: string, dataDir: string): Promise<void> {
  await rename(path, join(dataDir, databaseFile));
  await syncFolder(dataDir);
}
