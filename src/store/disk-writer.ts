import type { FileHandle } from 'node:fs/promises';
import { type Disk, onDisk } from './disk.ts';
import type { DataWriter } from './receive.ts';
import { StoreError } from './store.ts';
import { syncGateIsOpen, throughSyncGate } from './sync-gate.ts';

/** Bytes between two looks at the free space, and between two syncs in the background. */
const stride = 64 * 1024 * 1024;

export interface DiskWriterOptions {
  readonly disk: Disk;
  readonly file: FileHandle;
  /** Any path on the file's file system. */
  readonly folder: string;
  /** Bytes that must stay free on the file system. */
  readonly minFreeBytes: number;
  /** Bytes announced by the sender, if any. */
  readonly expectedSize: number | undefined;
  /** Where it begins to write, bytes; at the start unless it is given. */
  readonly start?: number;
}

/** @throws StoreError `Full` when `wanted` bytes more would leave less than `minFreeBytes`. */
export async function checkFreeSpace(
  { disk, folder, minFreeBytes }: Pick<DiskWriterOptions, 'disk' | 'folder' | 'minFreeBytes'>,
  wanted: number,
): Promise<void> {
  const { bavail, bsize } = await onDisk('see how much space is free', disk.statfs(folder));
  if (bavail * bsize - wanted < minFreeBytes) {
    throw new StoreError('Full', `Less than ${minFreeBytes} bytes would stay free.`);
  }
}

/** Writes `options.file`, which the caller opened and will close, to its end, and syncs it on the way. */
export function diskWriter(options: DiskWriterOptions): DataWriter {
  const { file, expectedSize = 0, start = 0 } = options;
  let written = start;
  let nextStride = start + stride;
  let tail = Promise.resolve();
  let background: Promise<void> | undefined;
  let syncFailure: { readonly error: unknown } | undefined;

  async function writeWhole(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const part = await onDisk(
        'write the data',
        file.write(bytes, done, bytes.length - done, written),
      );
      done += part.bytesWritten;
      written += part.bytesWritten;
    }
  }

  /** A failed sync is final: the kernel reports lost pages once, and the next sync would call them saved. */
  async function syncOnce(operation: () => Promise<void>): Promise<void> {
    if (syncFailure) throw syncFailure.error;
    try {
      await throughSyncGate(() => onDisk('sync the data', operation()));
    } catch (error) {
      syncFailure ??= { error };
      throw error;
    }
  }

  /** Begins to write dirty pages back early, so that the sync at the end is short. */
  function syncInBackground(): void {
    if (background || !syncGateIsOpen()) return;
    background = syncOnce(() => file.datasync())
      .catch(() => undefined)
      .finally(() => {
        background = undefined;
      });
  }

  async function appendNext(bytes: Uint8Array): Promise<void> {
    if (syncFailure) throw syncFailure.error;
    await writeWhole(bytes);
    if (written < nextStride) return;
    nextStride = written + stride;
    syncInBackground();
    await checkFreeSpace(options, Math.max(0, expectedSize - written));
  }

  return {
    append(bytes) {
      // One write at a time: more would only queue on the file's lock, each holding a thread of the pool.
      tail = tail.then(() => appendNext(bytes));
      return tail;
    },

    async sync() {
      await tail;
      await background;
      await syncOnce(() => file.sync());
    },
  };
}
