import type { Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import type { CachePart, CacheState, Pruned } from '../domain/cached-image.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import type { Action, Policy } from '../domain/policy.ts';
import { type CacheableData, GivenUp } from '../store/cache/cache-fetch.ts';
import type { ImageCache } from '../store/cache/image-cache.ts';
import { StoreError } from '../store/store.ts';
import type { Stores } from '../store/stores.ts';
import { byWeight, openFirst } from './copies.ts';
import { getSeenImage } from './seen-image.ts';
import type { Report } from './unwanted-data.ts';

export interface ImageCacheControlOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly policy: Policy;
  /** Undefined where the operator has none. */
  readonly cache: ImageCache | undefined;
  readonly times?: CacheTimes | undefined;
  readonly report: Report;
}

export interface CacheTimes {
  /** Between two looks for images to fetch, ms. */
  readonly look: number;
  /** Until an order that had no room is looked at again, s. */
  readonly room: number;
}

/** The actions of the policy that are about the cache. */
type CacheAction = Extract<Action, `cache_${string}` | `${string}_cache` | 'list_cached_nodes'>;

/**
 * What admins do with the cache of the machine that they ask. Each call is refused to others, then where there is no cache.
 *
 * @throws DomainError `NotPermitted`, `NotFound`
 * @see Images API v2, "Cache"
 */
export interface ImageCacheControl {
  /** Whether the operator has one. */
  readonly isOn: boolean;
  state(caller: Caller, action?: CacheAction): CacheState;
  /** Has it fetched soon. @throws DomainError `ImageNotFound`; `InvalidRequest` unless it is active */
  enqueue(caller: Caller, imageId: string, action?: CacheAction): Promise<void>;
  /** Takes it out, and out of the queue. @throws DomainError `ImageNotFound` when there is neither image nor entry */
  remove(caller: Caller, imageId: string): Promise<void>;
  /** Resolves to how many there were in each part. */
  clear(
    caller: Caller,
    parts: readonly CachePart[],
    action?: CacheAction,
  ): Promise<Readonly<Record<CachePart, number>>>;
  /** Takes one image out of one part, be it there or not. */
  removeFrom(caller: Caller, part: CachePart, imageId: string): Promise<void>;
  clean(caller: Caller): Promise<void>;
  prune(caller: Caller): Promise<Pruned>;
  /** @throws DomainError `ImageNotFound`; `InvalidStatusChange`: each machine knows of its own cache alone */
  nodes(caller: Caller, imageId: string): Promise<never>;
  /** Forgets an image that was deleted. */
  forget(imageId: string): void;
  /** Fetches what is asked for, and forgets what is no more, until it is disposed of. */
  start(): AsyncDisposable;
}

const usualTimes: CacheTimes = { look: 5000, room: 10 };

/** Between two looks for entries whose image is gone, ms. */
const sweepTime = 60_000;

/** After so many failures of its store an order is dropped. */
const mostTries = 5;

const own = (caller: Caller) => ({ owner: caller.projectId, visibility: 'private' }) as const;

export function imageCacheControl(options: ImageCacheControlOptions): ImageCacheControl {
  const { database, policy, cache, report } = options;
  let wake = () => {};

  function permitted(caller: Caller, action: CacheAction): ImageCache {
    if (!policy.allows(action, caller, own(caller))) {
      throw new DomainError('NotPermitted', 'You may not manage the cache of images.');
    }
    if (cache) return cache;
    throw new DomainError('NotFound', 'Caching via API is not supported at this site.');
  }

  return {
    isOn: cache !== undefined,
    state: (caller, action = 'cache_list') => permitted(caller, action).state(),

    async enqueue(caller, imageId, action = 'cache_image') {
      const { queue } = permitted(caller, action);
      const { image } = await getSeenImage(database.read, caller, imageId, policy);
      if (image.status !== 'active') {
        const text = `Image ${imageId} is ${image.status}; only active images can be cached.`;
        throw new DomainError('InvalidRequest', text);
      }
      queue.enqueue(imageId);
      wake();
    },

    async remove(caller, imageId) {
      const known = permitted(caller, 'cache_delete');
      if (!known.has(imageId)) await getSeenImage(database.read, caller, imageId, policy);
      await known.remove(imageId);
    },

    async clear(caller, parts, action = 'cache_delete') {
      const known = permitted(caller, action);
      const removed = { cache: 0, queue: 0 };
      for (const part of parts) removed[part] = await known.clear(part);
      return removed;
    },

    async removeFrom(caller, part, imageId) {
      const known = permitted(caller, 'manage_image_cache');
      if (part === 'queue') known.queue.dequeue(imageId);
      else await known.remove(imageId);
    },

    clean: async (caller) => await permitted(caller, 'cache_clean').clean(),
    prune: async (caller) => await permitted(caller, 'cache_prune').prune(),

    async nodes(caller, imageId) {
      permitted(caller, 'list_cached_nodes');
      await getSeenImage(database.read, caller, imageId, policy);
      throw new DomainError('InvalidStatusChange', 'Each machine knows of its own cache alone.');
    },

    forget(imageId) {
      void cache
        ?.remove(imageId)
        .catch((cause: unknown) => report('A deleted image is in the cache yet.', cause));
    },

    start() {
      if (!cache) return { [Symbol.asyncDispose]: async () => {} };
      const fetching = startFetching({ ...options, cache });
      ({ wake } = fetching);
      return fetching;
    },
  };
}

/** What the cache has to know of an image; undefined when it is not to be cached. */
export function cacheableData(image: Image): CacheableData | undefined {
  const { id: imageId, status, size, checksum, osHashAlgo, osHashValue } = image;
  if (status !== 'active' || size === null || checksum === null) return undefined;
  return { imageId, size, checksum, sha512: osHashAlgo === 'sha512' ? osHashValue : null };
}

/** Fetches one image at a time. */
function startFetching(options: ImageCacheControlOptions & { readonly cache: ImageCache }) {
  const { database, cache, times = usualTimes, report } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let working = Promise.resolve();
  let sweptAt = performance.now();

  /** Forgets what other machines have deleted. */
  async function sweep(): Promise<void> {
    for (const { imageId } of cache.state().cached) {
      if (signal.aborted) return;
      if (!(await findImage(database.read, imageId, null))) await cache.remove(imageId);
    }
  }

  async function work(): Promise<void> {
    while (!signal.aborted) {
      const order = cache.queue.claim();
      // What one has no room for now, the next has none for either.
      if (!order || !(await fetchOne({ ...options, times, signal }, order))) break;
    }
    if (performance.now() - sweptAt < sweepTime) return;
    sweptAt = performance.now();
    await sweep();
  }

  function wake(): void {
    if (signal.aborted) return;
    working = working
      .then(work)
      .catch((cause: unknown) =>
        report('The cache could not be filled; it is tried again.', cause),
      );
  }

  const timer = setInterval(wake, times.look).unref();
  wake();
  return {
    wake,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearInterval(timer);
      await working;
    },
  };
}

interface FetchOptions extends ImageCacheControlOptions {
  readonly cache: ImageCache;
  readonly times: CacheTimes;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

interface Order {
  readonly imageId: string;
  readonly tries: number;
}

/**
 * Fetches what was asked for, or puts it back; false when others are in its way.
 *
 * @throws what else goes wrong, which is no fault of the image: it is put back
 */
async function fetchOne(options: FetchOptions, order: Order): Promise<boolean> {
  const { cache, times, report } = options;
  const { imageId, tries } = order;
  try {
    const outcome = await fetchNow(options, imageId);
    if (outcome === 'not now') {
      cache.queue.putBack(imageId, { after: times.room, tries: tries - 1 });
      return false;
    }
    if (outcome === 'too large') report(`Image ${imageId} is larger than the cache.`, undefined);
    cache.queue.dequeue(imageId);
  } catch (cause) {
    putBack(options, order, cause);
    if (!(cause instanceof StoreError)) throw cause;
  }
  return true;
}

function putBack(
  { cache: { queue }, times, report }: FetchOptions,
  { imageId, tries }: Order,
  cause: unknown,
): void {
  if (cause instanceof GivenUp) queue.putBack(imageId, { after: 0, tries: tries - 1 });
  else if (!(cause instanceof StoreError)) {
    queue.putBack(imageId, { after: times.room, tries: tries - 1 });
  } else {
    report(`Image ${imageId} could not be fetched into the cache.`, cause);
    if (tries >= mostTries) queue.dequeue(imageId);
    else queue.putBack(imageId, { after: 10 * 2 ** tries, tries });
  }
}

async function fetchNow(
  { database, stores, cache, signal }: FetchOptions,
  imageId: string,
): ReturnType<ImageCache['fetch']> {
  const image = (await findImage(database.read, imageId, null))?.image;
  const data = image && cacheableData(image);
  // There is nothing to be had of an image that is gone, or has no data any more.
  if (!data) return 'cached';
  const open = () => openFirst(stores, byWeight(stores, image.locations), image.size);
  return await cache.fetch(data, open, signal);
}
