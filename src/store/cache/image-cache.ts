import type { CachePart, CacheState, Pruned } from '../../domain/cached-image.ts';
import type { Metric } from '../../domain/metric.ts';
import { errno } from '../disk.ts';
import { fileReader } from '../file-reader.ts';
import type { Hashers } from '../hashing.ts';
import { type StoredReader, StoreError } from '../store.ts';
import { type CacheableData, type CacheFetch, GivenUp } from './cache-fetch.ts';
import { type CacheFetches, cacheFetches, type OpenSource } from './cache-fetches.ts';
import { type CacheFiles, cacheFiles } from './cache-files.ts';
import { CacheIndex, type EntryKey } from './cache-index.ts';
import { type CacheCounts, cacheCounts, cacheLevels, cacheMetrics } from './cache-metrics.ts';
import { type CachePins, cachePins } from './cache-pins.ts';
import { type CacheRoom, cacheRoom, type NotFetched } from './cache-room.ts';

export interface ImageCacheOptions {
  readonly directory: string;
  /** Bytes of all files, those that are being fetched with all that they will have. */
  readonly maxSize: number;
  /** Without a byte more for so long (ms) a fetch is given up. */
  readonly stallTime: number;
  /** Bytes that must stay free on the file system. */
  readonly minFreeBytes: number;
  readonly hashers: Hashers;
  /** Names this process, and the one that runs in its place after it. */
  readonly owner: string;
  /** For how long (ms) what nobody reads any more is kept from those who want its room. */
  readonly keptTime?: number;
  readonly report: (message: string, cause: unknown) => void;
}

/** Data that was opened by way of a cache. */
export interface CachedReader {
  readonly reader: StoredReader;
  /** What is to be done when it is not what it was; absent for data that comes from its store. */
  readonly onDamage?: () => void;
}

/**
 * Data of other machines, kept on the disk of this one: what was used longest ago goes when others want its room. Nothing
 * is given out as whole that was not compared with its checksum. Whatever is wrong with the cache, data is read from its store.
 *
 * One folder is for the processes of one machine.
 */
export interface ImageCache extends AsyncDisposable {
  /**
   * Opens what is cached, or on its way, or with `fetches` begins to fetch it; undefined when the store is to be read.
   *
   * @throws what `openSource` throws
   */
  open(
    data: CacheableData,
    openSource: OpenSource,
    fetches: boolean,
  ): Promise<CachedReader | undefined>;
  /**
   * Resolves once it is cached, which data without a byte is, or as soon as it cannot be.
   *
   * @throws StoreError; GivenUp when nobody wants it any more, as when `signal` is aborted
   */
  fetch(
    data: CacheableData,
    openSource: OpenSource,
    signal: AbortSignal,
  ): Promise<NotFetched | 'cached'>;
  state(): CacheState;
  /** Whether there is something of an image, be it only its order. */
  has(imageId: string): boolean;
  /** Lets all data of an image go, whoever reads it. */
  remove(imageId: string): Promise<void>;
  /** Resolves to how many there were. */
  clear(part: CachePart): Promise<number>;
  /** Removes what crashes and stalled fetches left. */
  clean(): Promise<void>;
  /** Makes it as small as it may be, after that was changed. */
  prune(): Promise<Pruned>;
  readonly queue: Pick<CacheIndex, 'claim' | 'dequeue' | 'enqueue' | 'putBack'>;
  /** What this process counts. */
  metrics(): readonly Metric[];
  /** What all processes with this folder have in common. */
  levels(): readonly Metric[];
}

/** Usual `keptTime`. */
const pinTime = 1000;

/** Between two signs of life, and looks for what others left, ms. */
const tickTime = 5000;

const unusable = 'The cache of images could not be used; data is read from its store.';

/** @throws Error for the operator when the folder cannot be used */
export async function openImageCache(options: ImageCacheOptions): Promise<ImageCache> {
  try {
    const files = cacheFiles(options.directory);
    await files.ensure();
    const parts = partsOf(options, files, await openIndex(options, files));
    await recover(parts);
    return imageCache(options, parts);
  } catch (cause) {
    const text = `The folder ${options.directory} cannot be used as image_cache_dir.`;
    throw new Error(text, { cause });
  }
}

interface Parts {
  readonly index: CacheIndex;
  readonly files: CacheFiles;
  readonly pins: CachePins;
  readonly room: CacheRoom;
  readonly fetches: CacheFetches;
  readonly counts: CacheCounts;
  readonly report: ImageCacheOptions['report'];
  /** Has work done for which nobody waits. */
  readonly later: (work: Promise<unknown>) => void;
}

/** An index that cannot be read is no loss: the cache begins anew. */
async function openIndex(
  { owner, report }: ImageCacheOptions,
  files: CacheFiles,
): Promise<CacheIndex> {
  const open = () => new CacheIndex({ path: files.indexPath, owner, now: () => Date.now() / 1000 });
  try {
    return open();
  } catch (cause) {
    if (!/malformed|not a database|corrupt/.test(String(cause))) throw cause;
    report('The index of the cache cannot be read: the cache begins anew.', cause);
    await files.removeAll();
    return open();
  }
}

function partsOf(options: ImageCacheOptions, files: CacheFiles, index: CacheIndex): Parts {
  const { maxSize, keptTime = pinTime, report } = options;
  const counts = cacheCounts();
  const later = (work: Promise<unknown>) => {
    work.catch((cause: unknown) => report(unusable, cause));
  };
  const onFree = () => later(room.freeUp());
  const onFailure = (cause: unknown) => report(unusable, cause);
  const pins = cachePins({ index, keptTime, onFree, onFailure });
  const fetches = cacheFetches({ ...options, files, pins, counts, room: () => room });
  const onHidden = (entry: EntryKey) => fetches.giveUp(entry, 'The data is not wanted any more.');
  const room = cacheRoom({ index, files, pins, counts, maxSize, onHidden });
  return { index, files, pins, room, fetches, counts, report, later };
}

/** Makes the folder and the index agree, as the last process left them. */
async function recover({ index, files, room }: Parts): Promise<void> {
  index.sayAlive();
  index.releaseGone(true);
  index.releaseGone(false);
  await room.freeUp();
  await room.removeUnknown();
  for (const entry of index.listWhole()) {
    if ((await files.sizeOf(entry)) !== entry.size) index.hideOne(entry);
  }
  await room.freeUp();
  await room.prune();
}

function imageCache({ stallTime, maxSize }: ImageCacheOptions, parts: Parts): ImageCache {
  const { index, pins, room, fetches, counts, later } = parts;

  async function tick(): Promise<void> {
    index.sayAlive();
    index.releaseGone(false);
    fetches.giveUpStalled(stallTime);
    // What could not be given up as it ended.
    for (const entry of index.listOwnComing()) {
      if (!fetches.has(entry)) await room.discard(entry);
    }
    await room.freeUp();
  }

  const timer = setInterval(() => later(tick()), tickTime).unref();
  return {
    ...reading(parts),

    state() {
      pins.flush();
      return { cached: index.list(), queued: index.listQueue() };
    },

    has: (imageId) => index.knows(imageId),

    async remove(imageId) {
      index.dequeue(imageId);
      await room.removeHidden(index.hide(imageId));
    },

    async clear(part) {
      if (part === 'queue') return index.clearQueue();
      const hidden = index.hide();
      await room.removeHidden(hidden);
      return hidden.filter(({ state }) => state === 'whole').length;
    },

    async clean() {
      await tick();
      await room.removeUnknown();
    },

    prune: () => room.prune(),
    queue: index,
    metrics: () => cacheMetrics(counts),
    levels: () => cacheLevels(index, maxSize),

    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await fetches.end();
      pins.settle();
      index[Symbol.dispose]();
    },
  };
}

/** What callers read by way of a cache. */
function reading(parts: Parts): Pick<ImageCache, 'fetch' | 'open'> {
  const { index, fetches, counts } = parts;
  return {
    async open(data, openSource, wantsFetch) {
      if (data.size === 0) return undefined;
      const whole = await openWhole(parts, data);
      if (whole) return whole;
      if (!wantsFetch && !fetches.has(data)) return undefined;
      counts.misses += 1;
      const fetch = await fetches.join(data, openSource, false);
      return typeof fetch === 'string' ? undefined : { reader: fetch.follow(openSource) };
    },

    async fetch(data, openSource, signal) {
      if (data.size === 0 || index.isWhole(data)) return 'cached';
      const joining = fetches.join(data, openSource, true);
      const fetch = await unlessAborted(signal, joining, (reason) => {
        const give = (begun: CacheFetch | NotFetched) =>
          typeof begun === 'string' || begun.abort(reason);
        joining.then(give, () => undefined);
      });
      if (typeof fetch === 'string') return fetch;
      fetch.order();
      await unlessAborted(signal, fetch.kept, (reason) => fetch.abort(reason));
      return 'cached';
    },
  };
}

/**
 * Waits for a part of a fetch, which is given up when nobody is to wait any more, however long its store takes to say so.
 *
 * @throws GivenUp once `signal` is aborted
 */
async function unlessAborted<T>(
  signal: AbortSignal,
  part: Promise<T>,
  giveUp: (reason: GivenUp) => void,
): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = () => {
    const reason = new GivenUp('The service stops.');
    giveUp(reason);
    stopped.reject(reason);
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    return await Promise.race([part, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Opens an entry that is whole; undefined when there is none, or it is of no use. */
async function openWhole(parts: Parts, data: CacheableData): Promise<CachedReader | undefined> {
  const { files, pins, counts } = parts;
  if (!isThere(parts, data)) return undefined;
  pins.take(data);
  try {
    const handle = await files.openWhole(data);
    const opened = await fileReader(handle, { path: '', givesDescriptor: true });
    if (opened.size !== data.size) {
      await opened[Symbol.asyncDispose]();
      throw new StoreError('Damaged', 'The cached file has another size.');
    }
    pins.hit(data);
    counts.hits += 1;
    return {
      reader: releasing(opened, () => pins.release(data)),
      onDamage: () => drop(parts, data),
    };
  } catch (cause) {
    pins.release(data);
    // Somebody may have removed it a moment ago.
    if (errno(cause) !== 'ENOENT') counts.failures += 1;
    drop(parts, data);
    return undefined;
  }
}

/** Pins an entry; an index that fails has none. */
function isThere({ index, counts, report }: Parts, data: CacheableData): boolean {
  try {
    return index.pinWhole(data);
  } catch (cause) {
    counts.failures += 1;
    report(unusable, cause);
    return false;
  }
}

function releasing(opened: StoredReader, release: () => void): StoredReader {
  // Whoever has files sent by their names knows those of the store alone.
  const { file: _file, ...reader } = opened;
  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    await opened[Symbol.asyncDispose]();
    release();
  }
  return {
    ...reader,
    [Symbol.asyncDispose]() {
      closing ??= close();
      return closing;
    },
  };
}

/** Removes what is not what it was; the next caller has it from its store. */
function drop({ index, room, later }: Parts, { imageId }: EntryKey): void {
  later((async () => room.removeHidden(index.hide(imageId)))());
}
