import { randomUUID } from 'node:crypto';
import * as nodeDisk from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { checkFreeSpace, diskWriter } from '../disk-writer.ts';
import type { Hashers } from '../hashing.ts';
import { type StoredReader, StoreError } from '../store.ts';
import { beginFetch, type CacheableData, type CacheFetch, GivenUp } from './cache-fetch.ts';
import type { CacheFiles } from './cache-files.ts';
import type { Coming, EntryKey } from './cache-index.ts';
import type { CacheCounts } from './cache-metrics.ts';
import type { CachePins } from './cache-pins.ts';
import type { CacheRoom, NotFetched } from './cache-room.ts';

export type OpenSource = () => Promise<StoredReader>;

/** The fetches of one process. */
export interface CacheFetches {
  /** Whether that data is on its way. */
  has(key: EntryKey): boolean;
  /**
   * Joins the fetch that is under way, or begins one; else tells why not, of which the failed beginning of another is one.
   *
   * @throws what `openSource` throws, which is asked when it begins
   */
  join(
    data: CacheableData,
    openSource: OpenSource,
    isOrdered: boolean,
  ): Promise<CacheFetch | NotFetched>;
  /** Gives a fetch up; its readers read on from the store. */
  giveUp(key: EntryKey, reason: string): void;
  /** Gives up those of which nothing more has come for that long, ms. */
  giveUpStalled(stallTime: number): void;
  /** Gives up all, and resolves once they are, or their stores have been silent for too long. */
  end(): Promise<void>;
}

export interface CacheFetchesOptions {
  readonly files: CacheFiles;
  readonly pins: CachePins;
  readonly counts: CacheCounts;
  readonly room: () => CacheRoom;
  readonly hashers: Hashers;
  /** Bytes that must stay free on the file system. */
  readonly minFreeBytes: number;
  readonly report: (message: string, cause: unknown) => void;
}

/** Fetches at a time: each holds a ring of memory. */
const mostFetches = 16;

/** For which the end waits for stores that say nothing, ms; what they leave the next process here removes. */
const endPatience = 1000;

interface Running {
  readonly fetch: CacheFetch;
  /** Bytes that had come at the last look that saw more than the one before it, and when that was, ms. */
  size: number;
  at: number;
}

const unusable = 'The cache of images could not be written; data is read from its store.';

/** Trouble with the disk of the cache, which is reported once, however long it lasts. */
interface Trouble {
  tell(cause: unknown): void;
  end(): void;
}

function troubleOf({ report }: Pick<CacheFetchesOptions, 'report'>): Trouble {
  let isKnown = false;
  return {
    tell(cause) {
      if (!isKnown) report(unusable, cause);
      isKnown = true;
    },
    end() {
      isKnown = false;
    },
  };
}

export function cacheFetches(given: CacheFetchesOptions): CacheFetches {
  const options = { ...given, trouble: troubleOf(given) };
  const begun = new Map<string, Promise<CacheFetch | NotFetched>>();
  const running = new Map<string, Running>();
  const ends = new Set<Promise<void>>();
  let isEnding = false;

  /** Waits for the end of a fetch, and tidies up behind it. */
  async function watch(key: string, coming: Coming, fetch: CacheFetch): Promise<void> {
    const isKept = await whetherKept(options, coming, fetch);
    void fetch.closed.then(() => options.pins.release(coming));
    begun.delete(key);
    running.delete(key);
    if (!isKept) await options.room().discard(coming);
  }

  async function begin(
    data: CacheableData,
    openSource: OpenSource,
    isOrdered: boolean,
  ): Promise<CacheFetch | NotFetched> {
    const { imageId, checksum, size } = data;
    const key = keyOf(data);
    const coming = { imageId, checksum, size, partial: `${key}.${randomUUID()}` };
    // Those that are about to begin count, too.
    if (isEnding || begun.size >= mostFetches) return 'not now';
    const reservation = await reserve(options, coming);
    if (reservation !== 'reserved') return reservation;
    options.pins.take(coming);
    const fetch = await beginFile(options, coming, { data, openSource, isOrdered });
    if (!fetch) return 'not now';
    running.set(key, { fetch, size: 0, at: Date.now() });
    const end = watch(key, coming, fetch)
      .catch((cause: unknown) => options.report(unusable, cause))
      .finally(() => ends.delete(end));
    ends.add(end);
    return fetch;
  }

  return {
    has: (key) => begun.has(keyOf(key)),

    async join(data, openSource, isOrdered) {
      const key = keyOf(data);
      const known = begun.get(key);
      // Whoever began it is told why it failed.
      if (known) return await known.catch(() => 'not now' as const);
      const beginning = begin(data, openSource, isOrdered);
      begun.set(key, beginning);
      const forget = () => {
        if (begun.get(key) === beginning) begun.delete(key);
      };
      void beginning.then((fetch) => typeof fetch === 'string' && forget(), forget);
      return await beginning;
    },

    giveUp(key, reason) {
      running.get(keyOf(key))?.fetch.abort(new GivenUp(reason));
    },

    giveUpStalled(stallTime) {
      const now = Date.now();
      for (const one of running.values()) {
        if (one.fetch.size > one.size) Object.assign(one, { size: one.fetch.size, at: now });
        else if (now - one.at > stallTime) {
          one.fetch.abort(new StoreError('Unavailable', 'Nothing more has come for too long.'));
        }
      }
    },

    async end() {
      isEnding = true;
      const given = [...begun.values()].map(async (beginning) => {
        const fetch = await beginning;
        if (typeof fetch !== 'string') fetch.abort(new GivenUp('The service stops.'));
      });
      const all = Promise.allSettled(given).then(() => Promise.all(ends));
      await Promise.race([all, after(endPatience, undefined, { ref: false })]);
    },
  };
}

function keyOf({ imageId, checksum }: EntryKey): string {
  return `${imageId}.${checksum}`;
}

/** Sets room aside; a cache that fails has none. */
async function reserve(
  { room, counts, report }: CacheFetchesOptions,
  coming: Coming,
): ReturnType<CacheRoom['reserve']> {
  try {
    return await room().reserve(coming);
  } catch (cause) {
    counts.failures += 1;
    report(unusable, cause);
    return 'not now';
  }
}

interface Beginning {
  readonly data: CacheableData;
  readonly openSource: OpenSource;
  readonly isOrdered: boolean;
}

/** Undefined when the disk of the cache takes none. @throws what the source throws */
async function beginFile(
  options: CacheFetchesOptions & { readonly trouble: Trouble },
  coming: Coming,
  { data, openSource, isOrdered }: Beginning,
): Promise<CacheFetch | undefined> {
  const { files, hashers, minFreeBytes, report } = options;
  const room = options.room();
  const discard = async () => {
    await room.discard(coming).catch((cause: unknown) => report(unusable, cause));
    options.pins.release(coming);
  };
  const space = { disk: nodeDisk, folder: files.partialFolder, minFreeBytes };
  try {
    await checkFreeSpace(space, data.size);
  } catch (cause) {
    options.trouble.tell(cause);
    await discard();
    return undefined;
  }
  const source = await openSource().catch(async (cause: unknown) => {
    await discard();
    throw cause;
  });
  try {
    const file = await files.openPartial(coming.partial);
    const writer = diskWriter({ ...space, file, expectedSize: data.size });
    const keep = () => room.keep(coming);
    options.trouble.end();
    return beginFetch({ data, source, file, writer, hashers, isOrdered, keep });
  } catch (cause) {
    options.trouble.tell(cause);
    await source[Symbol.asyncDispose]();
    await discard();
    return undefined;
  }
}

async function whetherKept(
  { counts, report }: CacheFetchesOptions,
  { imageId, size }: Coming,
  fetch: CacheFetch,
): Promise<boolean> {
  try {
    await fetch.kept;
    counts.fetched += size;
    return true;
  } catch (cause) {
    if (cause instanceof GivenUp) return false;
    counts.failures += 1;
    report(`Image ${imageId} could not be cached.`, cause);
    return false;
  }
}
