import type * as fs from 'node:fs/promises';
import { StoreError, type StoreErrorCode } from './store.ts';

/** The file operations that a file store is made of; `node:fs/promises` is one. */
export interface Disk extends Pick<typeof fs, 'link' | 'mkdir' | 'open' | 'readdir' | 'unlink'> {
  /** Blocks that anyone may still fill, and the bytes of one. */
  statfs(path: string): Promise<{ readonly bavail: number; readonly bsize: number }>;
}

const codes: Partial<Record<string, StoreErrorCode>> = {
  EDQUOT: 'Full',
  EEXIST: 'Exists',
  EFBIG: 'Full',
  ENOSPC: 'Full',
};

/** The operating system's name of an error (`ENOENT`), when it has one. */
export function errno(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Waits for a disk operation; `what` says in a log what it was for.
 *
 * @throws StoreError `Exists` `Full` `Unavailable`, the system's error as its cause.
 */
export async function onDisk<T>(what: string, operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError(codes[errno(cause) ?? ''] ?? 'Unavailable', `Could not ${what}.`, {
      cause,
    });
  }
}

/** Removes a file; false when there was none. @throws StoreError `Unavailable`. */
export async function removeFile(disk: Disk, path: string): Promise<boolean> {
  try {
    await disk.unlink(path);
    return true;
  } catch (error) {
    if (errno(error) === 'ENOENT') return false;
    return onDisk('remove a file', Promise.reject(error));
  }
}
