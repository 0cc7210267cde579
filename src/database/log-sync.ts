import { close, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Guard } from './sqlite-failures.ts';

/** SQLite's own code for a sync that failed. @see https://sqlite.org/rescode.html#ioerr_fsync */
const syncFailed = 1034;

/** Brings the write-ahead log of a database to stable storage. */
export interface LogSync {
  /**
   * Resolves once all that was committed before the call is on stable storage, by a thread of the pool: nobody else
   * waits for the disk.
   *
   * @throws RetryLaterError `DatabaseUnavailable` when the sync failed, which is final: it is never tried again
   */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the log of the open database at `path` once more. It stays the same file for as long as anybody has the
 * database open, and SQLite's locks are on other files, so they do not go with this descriptor.
 */
export function openLogSync(path: string, guard: Guard): LogSync {
  // For writing, which some systems want of whoever syncs.
  const log = openSync(`${path}-wal`, 'r+');
  let last: Promise<unknown> = Promise.resolve();

  async function sync(): Promise<void> {
    guard(() => {});
    const error = await new Promise<Error | null>((resolve) => fdatasync(log, resolve));
    if (!error) return;
    guard(() => {
      throw Object.assign(error, { errcode: syncFailed });
    });
  }

  return {
    sync() {
      const done = sync();
      last = done.catch(() => {});
      return done;
    },

    async close() {
      await last;
      await promisify(close)(log);
    },
  };
}
