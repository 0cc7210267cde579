import { dirname } from 'node:path';
import { type Disk, onDisk } from './disk.ts';
import { throughSyncGate } from './sync-gate.ts';

/** Folders whose entries survive a crash of the machine. */
export interface Folders {
  /** Makes `path` and its parents unless they are there, and syncs the entries that name them. @throws StoreError */
  ensure(path: string): Promise<void>;
  /** Brings the names in `path` to stable storage. @throws StoreError */
  sync(path: string): Promise<void>;
  /** Lets the next `ensure` look again, because somebody may have removed the folder. */
  forget(path: string): void;
}

/** Folders made by this process, each looked at once. */
export function foldersOn(disk: Disk): Folders {
  const ensured = new Map<string, Promise<void>>();

  async function sync(path: string): Promise<void> {
    const folder = await onDisk('open a folder', disk.open(path, 'r'));
    try {
      await throughSyncGate(() => onDisk('sync a folder', folder.sync()));
    } finally {
      await folder.close();
    }
  }

  /** Also syncs the entry of a folder found there: whoever made it may have crashed before doing so. */
  async function make(path: string): Promise<void> {
    const made = disk.mkdir(path, { recursive: true, mode: 0o700 });
    const topmost = (await onDisk('make a folder', made)) ?? path;
    for (let folder = path; folder.length >= topmost.length; folder = dirname(folder)) {
      if (folder === dirname(folder)) return;
      await sync(dirname(folder));
    }
  }

  return {
    sync,

    ensure(path) {
      // Puts that arrive together wait for one another's sync; none may rely on an entry not yet saved.
      const known = ensured.get(path);
      if (known) return known;

      const making = make(path);
      ensured.set(path, making);
      making.catch(() => ensured.delete(path));
      return making;
    },

    forget(path) {
      ensured.delete(path);
    },
  };
}
