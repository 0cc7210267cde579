import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errno, onDisk } from './disk.ts';

/** Keeps whoever uses a folder from removing data of it, until it is disposed of. */
export interface Hold extends AsyncDisposable {
  /** Whether it has held all the time: a machine that was suspended for long may have let it lapse. */
  isUnbroken(): boolean;
}

/** A hold whose owner has not been heard of for so long, ms, is none any more: its process was killed. */
const lifetime = 60_000;

/** Between two signs of life, ms. */
const beat = 5000;

/** Files in a folder of their own, so that processes on other machines that share the store see them too. */
function folderOf(directory: string): string {
  return join(directory, 'holds');
}

/** @throws StoreError `Unavailable` */
export async function hold(directory: string): Promise<Hold> {
  const folder = folderOf(directory);
  const path = join(folder, randomUUID());
  await onDisk('hold the data', mkdir(folder, { recursive: true, mode: 0o700 }));
  await onDisk('hold the data', writeFile(path, '', { mode: 0o600 }));
  let aliveAt = performance.now();
  let isUnbroken = true;

  async function live(): Promise<void> {
    const begun = performance.now();
    if (begun - aliveAt > lifetime) isUnbroken = false;
    await utimes(path, new Date(), new Date());
    aliveAt = begun;
  }

  // What keeps it from being renewed shows by the time that has passed.
  const timer = setInterval(() => void live().catch(() => undefined), beat);
  return {
    isUnbroken: () => isUnbroken && performance.now() - aliveAt <= lifetime,

    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await onDisk('let the data go', rm(path, { force: true }));
    },
  };
}

/** Whether somebody holds the data of a folder. @throws StoreError `Unavailable` */
export async function isHeld(directory: string): Promise<boolean> {
  const folder = folderOf(directory);
  for (const name of await namesIn(folder)) {
    const age = await ageOf(join(folder, name));
    if (age !== undefined && age < lifetime) return true;
    // A process that was killed left it.
    await onDisk('remove a hold', rm(join(folder, name), { force: true }));
  }
  return false;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (errno(cause) === 'ENOENT') return [];
    return await onDisk('look for holds', Promise.reject(cause));
  }
}

/** Milliseconds since its last sign of life; undefined when it is gone. */
async function ageOf(path: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (cause) {
    if (errno(cause) === 'ENOENT') return undefined;
    return await onDisk('look at a hold', Promise.reject(cause));
  }
}
