import type { Pruned } from '../../domain/cached-image.ts';
import { GivenUp } from './cache-fetch.ts';
import type { CacheFiles } from './cache-files.ts';
import type { CacheIndex, Coming, Entry } from './cache-index.ts';
import type { CacheCounts } from './cache-metrics.ts';
import type { CachePins } from './cache-pins.ts';

/** Why data is not fetched: there is less room in all, or others have what there is, or are at it. */
export type NotFetched = 'not now' | 'too large';

/** The room of a cache: files and their entries in the index, kept in step. */
export interface CacheRoom {
  /** Sets room aside, for which others may have to go. */
  reserve(coming: Coming): Promise<NotFetched | 'reserved'>;
  /** Makes what has come an entry. @throws GivenUp; StoreError */
  keep(coming: Coming): Promise<void>;
  /** Gives up what was to come, unless it has come to its end meanwhile. */
  discard(coming: Coming): Promise<void>;
  /** Removes the files of entries that were hidden, and gives back what room nobody reads. */
  removeHidden(entries: readonly Entry[]): Promise<void>;
  /** Gives back the room of what nobody is to find and nobody reads. */
  freeUp(): Promise<void>;
  prune(): Promise<Pruned>;
  /** Removes files of which the index knows nothing. */
  removeUnknown(): Promise<void>;
}

export interface CacheRoomOptions {
  readonly index: CacheIndex;
  readonly files: CacheFiles;
  readonly pins: CachePins;
  readonly counts: CacheCounts;
  /** Bytes. */
  readonly maxSize: number;
  /** Told of each entry that is to go, which may be coming still. */
  readonly onHidden: (entry: Entry) => void;
}

/** Tries to make room, which others may take. */
const mostTries = 4;

const unwanted = 'The data is not wanted any more.';

export function cacheRoom(options: CacheRoomOptions): CacheRoom {
  const { index, files, pins, counts, maxSize, onHidden } = options;

  async function freeUp(): Promise<void> {
    for (const entry of index.listFreeable()) {
      await files.remove(entry);
      index.forget(entry);
    }
  }

  async function removeHidden(entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      onHidden(entry);
      await files.remove(entry);
    }
    await freeUp();
  }

  return {
    freeUp,
    removeHidden,

    async reserve(coming) {
      pins.flush();
      for (let tries = 0; tries < mostTries; tries += 1) {
        const outcome = index.reserve(coming, maxSize);
        if (outcome === 'reserved' || outcome === 'too large') return outcome;
        if (outcome === 'known' || outcome === 'no room') return 'not now';
        counts.evictions += outcome.toRemove.length;
        await removeHidden(outcome.toRemove);
      }
      return 'not now';
    },

    async keep(coming) {
      if (!index.isComing(coming)) throw new GivenUp(unwanted);
      await files.publish(coming);
      if (!index.finish(coming)) throw new GivenUp(unwanted);
    },

    async discard(coming) {
      if (index.isKept(coming)) return;
      index.hideOne(coming);
      await files.remove(coming);
    },

    async prune() {
      pins.flush();
      const entries = index.hideBeyond(maxSize);
      counts.evictions += entries.length;
      await removeHidden(entries);
      return {
        files: entries.length,
        bytes: entries.reduce((bytes, { size }) => bytes + size, 0),
      };
    },

    removeUnknown: () => files.removeUnknown((name) => index.hasFile(name)),
  };
}
