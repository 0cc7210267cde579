import { createWriteStream, existsSync } from 'node:fs';
import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { lockInstance } from '../../database/instance-lock.ts';
import { findUnsoundness, newestStep, openSnapshot } from '../../database/snapshot.ts';
import type { Hold } from '../../store/holds.ts';
import { StoreError } from '../../store/store.ts';
import {
  type Copied,
  checkData,
  copyData,
  copyReader,
  copySecret,
  linkTo,
  WrongDataError,
} from './data-copy.ts';
import {
  cloudsFile,
  codeOf,
  type DataElsewhere,
  databaseFile,
  dataList,
  dataPath,
  type KeptData,
  keyOf,
  type LostData,
  listFile,
  type Manifest,
  manifestFile,
  readDataList,
  readManifest,
  syncFolder,
  writeWhole,
} from './format.ts';
import { dataNamedIn, fileStoresOf, type NamedCopy, type StoresToCopy } from './snapshot-data.ts';

export interface BackupOptions extends StoresToCopy {
  /** The folder of the backup to be. */
  readonly to: string;
  /** The data folder of the service. */
  readonly dataDir: string;
  /** Writes all records as of one moment into a file of SQLite that is not there. */
  readonly takeSnapshot: (path: string) => Promise<void>;
  /** The folder of an earlier backup, whose files are taken again where they are the same; or a folder of backups. */
  readonly reuse?: string | undefined;
  /** Whether files that are taken again are read too. */
  readonly rereads: boolean;
  readonly progress: (so: BackupProgress) => void;
  readonly clock: () => Date;
}

export interface BackupProgress {
  readonly files: number;
  readonly ofFiles: number;
  /** Of the data that was read. */
  readonly bytes: number;
}

export interface BackupResult {
  readonly manifest: Manifest;
  /** Files that an earlier backup had already. */
  readonly reused: number;
}

/** Names the folder as one that a backup is at, or was. */
const lockFile = 'backup.lock';

/**
 * Copies the records as of one moment, and all data that they name, while the service goes on. The manifest comes last:
 * without it there is no backup, whatever else is in the folder.
 *
 * What the service deletes meanwhile it leaves in place until the data is copied: each store of files is held before the
 * snapshot is taken.
 *
 * @throws Error for the operator
 */
export async function makeBackup(options: BackupOptions): Promise<BackupResult> {
  try {
    return await make(options);
  } catch (cause) {
    throw isFull(cause) ? noRoom(options.to, cause) : cause;
  }
}

/** Whether a disk is full, or what the account may have of it; SQLite has words of its own for that. */
function isFull(cause: unknown): boolean {
  if (['ENOSPC', 'EDQUOT'].includes(codeOf(cause) ?? '')) return true;
  return cause instanceof Error && cause.message.includes('database or disk is full');
}

function noRoom(to: string, cause: unknown): Error {
  const text = `There is no room left for the backup in ${to}, which is not whole.`;
  const advice = 'Make room there and run the command again, or name a folder on another disk.';
  return new Error(`${text} ${advice}`, { cause });
}

async function make(options: BackupOptions): Promise<BackupResult> {
  const { to, stores, dataDir, takeSnapshot, clock } = options;
  await beginIn(to);
  using _alone = lockBackup(join(to, lockFile));
  await clear(to);
  const former = await formerBackup(options);
  const holds: Hold[] = [];
  await using parts = new AsyncDisposableStack();
  for (const { files } of fileStoresOf(stores)) holds.push(parts.use(await files.hold()));

  const snapshotAt = clock();
  await takeSnapshot(join(to, databaseFile));
  const copied = await copyAll(options, former);
  if (!holds.every((hold) => hold.isUnbroken())) {
    const text = 'This backup stood still for so long that data may have been removed meanwhile.';
    throw new Error(`${text} Make it again.`, { cause: 'the hold has lapsed' });
  }
  await parts.disposeAsync();

  const secrets = existsSync(join(dataDir, cloudsFile)) ? [cloudsFile] : [];
  for (const name of secrets) await copySecret(join(dataDir, name), join(to, name));
  const files = [];
  for (const path of [databaseFile, dataList, ...secrets]) files.push(await listFile(to, path));
  const { reused, ...rest } = copied;
  const manifest: Manifest = {
    format: 'vitrine-backup-1',
    schema: newestStep,
    snapshot_at: snapshotAt.toISOString(),
    ended_at: clock().toISOString(),
    files,
    ...rest,
  };
  await syncFolder(to);
  await writeWhole(join(to, manifestFile), `${JSON.stringify(manifest, null, 2)}\n`);
  await rm(join(to, lockFile), { force: true });
  return { manifest, reused };
}

/** @throws Error when there is something else in the folder */
async function beginIn(to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const names = await readdir(to);
  if (names.includes(manifestFile)) {
    throw new Error(`There is a backup in ${to} already. Name a folder that is not there yet.`, {
      cause: manifestFile,
    });
  }
  if (names.length === 0 || names.includes(lockFile)) return;
  throw new Error(`The folder ${to} is not empty. Name one that is not there yet.`, {
    cause: names[0],
  });
}

function lockBackup(path: string): Disposable {
  try {
    return lockInstance(path);
  } catch (cause) {
    throw new Error(`Another backup into the folder of ${path} is under way.`, { cause });
  }
}

/** What an interrupted backup has left is not known to be whole, nor to be of this moment. */
async function clear(to: string): Promise<void> {
  for (const name of await readdir(to)) {
    if (!name.startsWith(lockFile)) await rm(join(to, name), { recursive: true, force: true });
  }
}

/** A backup that was made before. */
interface FormerBackup {
  readonly folder: string;
  readonly data: ReadonlyMap<string, KeptData>;
}

/** @throws Error when an earlier backup was asked for and there is none */
async function formerBackup({ reuse, to }: BackupOptions): Promise<FormerBackup | undefined> {
  if (reuse === undefined) return undefined;
  if (await readManifest(reuse)) return { folder: reuse, data: await readDataList(reuse) };
  const found = [];
  for (const { name } of (await readdir(reuse, { withFileTypes: true })).filter((one) =>
    one.isDirectory(),
  )) {
    const folder = join(reuse, name);
    const manifest = await readManifest(folder).catch(() => undefined);
    if (manifest && folder !== to) found.push({ folder, at: manifest.snapshot_at });
  }
  const [newest] = found.toSorted((a, b) => (a.at < b.at ? 1 : -1));
  // The first of a row of backups has none before it.
  return newest && { folder: newest.folder, data: await readDataList(newest.folder) };
}

type CopiedData = Pick<Manifest, 'data' | 'elsewhere' | 'lost'> & Pick<BackupResult, 'reused'>;

/** Files that are copied at a time: each waits for the disk. */
const atOnce = 4;

async function copyAll(
  options: BackupOptions,
  former: FormerBackup | undefined,
): Promise<CopiedData> {
  const { to, progress } = options;
  await using snapshot = await openSnapshot(join(to, databaseFile));
  const unsound = await findUnsoundness(snapshot.db);
  if (unsound.length > 0) {
    const text = `The database is not sound (${unsound.length} problems, the first: ${unsound[0]}).`;
    throw new Error(`${text} See vitrine check.`, { cause: unsound });
  }
  const named = new Map<string, NamedCopy>();
  const elsewhere = new Map<string, DataElsewhere>();
  for await (const one of dataNamedIn(snapshot.db, options)) {
    if ('wanted' in one) named.set(keyOf(one), one);
    else addElsewhere(elsewhere, one.store ?? 'a store that is not set up', one.size);
  }
  const list = createWriteStream(join(to, dataList), { mode: 0o600 });
  const written = finished(list);
  // Waited for below; it may fail at any time.
  written.catch(() => undefined);
  const lost: LostData[] = [];
  let [files, bytes, read, reused] = [0, 0, 0, 0];

  async function copyOne(one: NamedCopy): Promise<void> {
    const kept = await keep(options, former, one);
    files += 1;
    if ('data' in kept) {
      list.write(`${JSON.stringify(kept.data)}\n`);
      bytes += kept.data.size;
      if (kept.isReused) reused += 1;
      else read += kept.data.size;
    }
    if (kept.problem) lost.push({ ...lostOf(one), problem: kept.problem });
    progress({ files, ofFiles: named.size, bytes: read });
  }

  const waiting = named.values();
  /** Ends early once anything has failed: there will be no backup. */
  async function copySome(): Promise<void> {
    for (const one of waiting) {
      if (list.destroyed) return;
      await copyOne(one);
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, copySome));
  } catch (cause) {
    list.destroy();
    throw cause;
  }
  list.end();
  await written;
  await syncFolders(join(to, 'data'));
  const data = { files: files - lost.filter(isAway).length, bytes };
  return { data, elsewhere: [...elsewhere.values()], lost, reused };
}

function isAway({ problem }: LostData): boolean {
  return problem !== 'damaged';
}

function lostOf({ store, id, image }: NamedCopy) {
  return { store, id, image };
}

function addElsewhere(all: Map<string, DataElsewhere>, store: string, size: number): void {
  const { files, bytes } = all.get(store) ?? { files: 0, bytes: 0 };
  all.set(store, { store, files: files + 1, bytes: bytes + size });
}

/** What has become of one file. */
type Kept =
  | {
      readonly data: KeptData;
      readonly isReused: boolean;
      readonly problem?: 'damaged' | undefined;
    }
  | { readonly problem: 'missing' | 'unreadable' };

async function keep(
  { to: folder, rereads }: BackupOptions,
  former: FormerBackup | undefined,
  one: NamedCopy,
): Promise<Kept> {
  const { store, id, wanted } = one;
  const to = join(folder, dataPath(one));
  const known = former?.data.get(keyOf(one));
  const isSame = known?.size === wanted.size && known?.sha512 === wanted.sha512;
  if (former && known && isSame) {
    const from = join(former.folder, dataPath(known));
    if (await takeAgain({ from, to, known, rereads })) return { data: known, isReused: true };
  }
  try {
    const { size, sha512, isAsWanted } = await copyFrom(one, to);
    const problem = isAsWanted ? undefined : ('damaged' as const);
    return { data: { store, id, size, sha512 }, isReused: false, problem };
  } catch (cause) {
    return { problem: problemOf(cause, store) };
  }
}

/** What is wrong with some data. @throws what is wrong with more than that */
function problemOf(cause: unknown, store: string): 'missing' | 'unreadable' {
  const code = codeOf(cause) ?? '';
  if (['ENOENT', 'ELOOP', 'NotFound'].includes(code)) return 'missing';
  if (code === 'EIO') return 'unreadable';
  if (!(cause instanceof StoreError)) throw cause;
  throw new Error(`The store ${store} cannot be read now: ${cause.message}`, { cause });
}

/** Copies data, be it in a file or not. @throws the system's own error; StoreError */
async function copyFrom({ files, id, open, wanted }: NamedCopy, to: string): Promise<Copied> {
  const copy = { to, wanted, keepsWrong: true };
  if (files) return await copyData({ ...copy, from: files.pathOf(id), links: true });
  await using reader = await open();
  return await copyReader(reader, copy);
}

interface Again {
  readonly from: string;
  readonly to: string;
  readonly known: KeptData;
  readonly rereads: boolean;
}

/** Takes a file of an earlier backup; false when it is not there any more, or not what it was. */
async function takeAgain({ from, to, known, rereads }: Again): Promise<boolean> {
  const wanted = { size: known.size, sha512: known.sha512, sums: undefined };
  try {
    const { size } = await lstat(from);
    if (size !== known.size) return false;
    if (rereads) await checkData(from, wanted);
    if (await linkTo(from, to)) return true;
    await copyData({ from, to, wanted, links: false, keepsWrong: false });
    return true;
  } catch (cause) {
    if (cause instanceof WrongDataError) return false;
    if (['ENOENT', 'ELOOP', 'EIO'].includes(codeOf(cause) ?? '')) return false;
    throw cause;
  }
}

/** Brings the names in a folder and all folders in it to stable storage. */
export async function syncFolders(path: string): Promise<void> {
  if (!existsSync(path)) return;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await syncFolders(join(path, entry.name));
  }
  await syncFolder(path);
}
