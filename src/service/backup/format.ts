import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** A file of a backup that is no image data. */
export interface ListedFile {
  /** In the folder of the backup. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** Data of images that a backup has; a line of `data.jsonl`. */
export interface KeptData {
  /** Id of the store that it is of. */
  readonly store: string;
  /** By which the store knows it. */
  readonly id: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha512: string;
}

/** Data that the records name and that was not as they say when it was to be copied. */
export interface LostData {
  readonly store: string;
  readonly id: string;
  /** The image that it is of. */
  readonly image: string;
  readonly problem: 'missing' | 'damaged' | 'unreadable';
}

/** Data that lies where this does not reach. */
export interface DataElsewhere {
  readonly store: string;
  readonly files: number;
  /** Bytes. */
  readonly bytes: number;
}

/** What a backup says of itself; without it there is none. Times are ISO 8601, UTC. */
export interface Manifest {
  readonly format: 'vitrine-backup-1';
  /** The newest step of the schema of its database. */
  readonly schema: string;
  /** The moment that it can be restored to. */
  readonly snapshot_at: string;
  readonly ended_at: string;
  readonly files: readonly ListedFile[];
  readonly data: {
    readonly files: number;
    /** Bytes. */
    readonly bytes: number;
  };
  readonly elsewhere: readonly DataElsewhere[];
  readonly lost: readonly LostData[];
}

export const manifestFile = 'manifest.json';
export const databaseFile = 'vitrine.db';
export const cloudsFile = 'clouds.yaml';
export const dataList = 'data.jsonl';

/** In a data folder whose restore has not ended, and that no service may use until it has. */
export const unfinishedFile = 'restore.unfinished';

/** Where data lies in the folder of a backup. */
export function dataPath({ store, id }: Pick<KeptData, 'store' | 'id'>): string {
  return join('data', store, id.slice(0, 2), id);
}

/** The manifest of a folder; undefined when there is none, and so no whole backup. @throws Error when it is not one of ours */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const path = join(folder, manifestFile);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return undefined;
    throw cause;
  });
  if (text === undefined) return undefined;
  const manifest = parsed(text) as Partial<Manifest> | undefined;
  if (manifest?.format === 'vitrine-backup-1') return manifest as Manifest;
  throw new Error(`${path} is not the manifest of a backup that this release knows.`, {
    cause: manifest?.format,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes a file whole or not at all, for its owner alone, on stable storage. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`;
  {
    await using file = await open(partial, 'w', 0o600);
    await file.writeFile(text);
    await file.sync();
  }
  await rename(partial, path);
  await syncFolder(dirname(path));
}

/** Brings the names in a folder to stable storage. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, 'r');
  await folder.sync();
}

/** What a file is now, brought to stable storage. */
export async function listFile(folder: string, path: string): Promise<ListedFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of createReadStream(join(folder, path))) {
    hash.update(piece);
    size += piece.length;
  }
  await using file = await open(join(folder, path), 'r+');
  await file.sync();
  return { path, size, sha256: hash.digest('hex') };
}

/** The data that a backup has, by store and id. @throws Error when a line is not one of ours */
export async function readDataList(folder: string): Promise<ReadonlyMap<string, KeptData>> {
  const list = new Map<string, KeptData>();
  const lines = createInterface({ input: createReadStream(join(folder, dataList)) });
  for await (const line of lines) {
    const kept = JSON.parse(line) as KeptData;
    list.set(keyOf(kept), kept);
  }
  return list;
}

/** By which data is found in a list. */
export function keyOf({ store, id }: Pick<KeptData, 'store' | 'id'>): string {
  return `${store} ${id}`;
}

/** The system's name of an error. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
