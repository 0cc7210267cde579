import type { Connection, Database } from '../database/database.ts';
import { deleteUnwantedData, insertUnwantedData, listUnwantedData } from '../database/images.ts';
import type { Store } from '../store/store.ts';

/** Told of what goes wrong in work that no request waits for. */
export type Report = (message: string, cause: unknown) => void;

export interface UnwantedDataOptions {
  readonly database: Database;
  readonly store: Store;
  readonly report: Report;
}

/** Data whose image is gone: noted with the change that let it go, removed afterwards. */
export interface UnwantedData {
  /**
   * Notes, in the transaction that deletes an image, that its running upload is to leave nothing.
   * The upload removes what it has, unless a crash comes first: then the next start does.
   */
  noteUpload(db: Connection, imageId: string): Promise<void>;
  /** Removes it soon; what fails is tried again at the next start. */
  remove(location: string): void;
  /** Removes whatever earlier runs left. */
  removeAll(): Promise<void>;
  /** Resolves once everything begun is done. */
  settled(): Promise<void>;
}

export function unwantedData({ database, store, report }: UnwantedDataOptions): UnwantedData {
  const running = new Set<Promise<void>>();

  async function removeOne(location: string): Promise<void> {
    try {
      await store.delete(location);
      await deleteUnwantedData(database.write, location);
    } catch (cause) {
      report(
        'Data of a deleted image could not be removed; it is tried again at the next start.',
        cause,
      );
    }
  }

  return {
    noteUpload: (db, imageId) => insertUnwantedData(db, store.locationOf(imageId)),

    remove(location) {
      const removal = removeOne(location).finally(() => running.delete(removal));
      running.add(removal);
    },

    async removeAll() {
      for (const location of await listUnwantedData(database.read)) await removeOne(location);
    },

    async settled() {
      await Promise.all(running);
    },
  };
}
