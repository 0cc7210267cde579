import type { Connection, Database } from '../database/database.ts';
import { deleteUnwantedData, findUnwantedData, insertUnwantedData } from '../database/images.ts';
import { claimLeases } from '../database/leases.ts';
import type { Reservation } from '../database/upload-reservations.ts';
import type { ImageLocation } from '../domain/location.ts';
import type { Stores } from '../store/stores.ts';
import { startLeasedWork } from './leased-work.ts';

/** Told of what goes wrong in work that no request waits for. */
export type Report = (message: string, cause: unknown) => void;

export interface UnwantedDataOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly report: Report;
}

/** Data whose image is gone: noted with the change that let it go, removed afterwards. */
export interface UnwantedData {
  /**
   * Notes, in the transaction that deletes an image, that its running upload is to leave nothing.
   * The upload removes what it has, unless a crash comes first.
   */
  noteUpload(db: Connection, upload: Pick<Reservation, 'store' | 'dataId'>): Promise<void>;
  /** Removes it soon; what fails is tried again later. */
  remove(location: ImageLocation): void;
  /** Removes what this and other processes left, now and from time to time, until it is disposed of. */
  startRemoving(): AsyncDisposable;
  /** Resolves once everything begun is done. */
  settled(): Promise<void>;
}

/** Removals at a time. */
const limit = 10;

/** Until the next look at data that somebody holds, ms. */
const heldTime = 5000;

const failure = 'Data of a deleted image could not be removed; it is tried again.';

/** Until the next try, ms: a store that is away is asked ever less often, twice an hour at least. */
export function retryAfter(tries: number): number {
  return Math.min(30_000 * 2 ** (tries - 1), 30 * 60_000);
}

export function unwantedData({ database, stores, report }: UnwantedDataOptions): UnwantedData {
  const running = new Set<Promise<void>>();
  const held = new Set<NodeJS.Timeout>();

  /** False while somebody holds what a record has named: a backup copies what its snapshot of the records names. */
  async function removeOne(location: ImageLocation): Promise<boolean> {
    const found = stores.of(location);
    if (!found) throw new Error(`No store has ${location.url}.`);
    // Asked once the record is gone: whoever began to hold before that has a snapshot without it, or data to copy.
    if (await found.store.files?.isHeld()) return false;
    await found.store.delete(location.url);
    await database.transaction((db) => deleteUnwantedData(db, location));
    return true;
  }

  return {
    noteUpload: (db, { store, dataId }) =>
      insertUnwantedData(db, { store, url: stores.named(store).store.locationOf(dataId) }),

    remove: function remove(location) {
      const removal = removeOne(location)
        .then((isGone) => {
          if (!isGone) held.add(setTimeout(() => remove(location), heldTime).unref());
        })
        .catch((cause: unknown) => report(failure, cause))
        .finally(() => running.delete(removal));
      running.add(removal);
    },

    startRemoving: () =>
      startLeasedWork({
        database,
        table: 'unwanted_data',
        claim: (db, claim) => claimLeases(db, { table: 'unwanted_data', ...claim }),
        async work({ key }) {
          const found = await findUnwantedData(database.read, key);
          if (found && !(await removeOne(found))) return heldTime;
          return undefined;
        },
        retryAfter,
        limit,
        failure,
        report,
      }),

    async settled() {
      await Promise.all(running);
      // What is held stays noted.
      for (const timer of held) clearTimeout(timer);
      held.clear();
    },
  };
}
