/** Data of an image that the cache of a machine has whole. */
export interface CachedImage {
  readonly imageId: string;
  /** Bytes. */
  readonly size: number;
  /** How often it was given out from there. */
  readonly hits: number;
  /** When it was given out last, or came in; seconds since 1970. */
  readonly lastAccessed: number;
  /** When it came in, seconds since 1970. */
  readonly lastModified: number;
}

/** What a cache has, and what it is yet to fetch. */
export interface CacheState {
  readonly cached: readonly CachedImage[];
  /** Ids of images, in the order in which they were asked for. */
  readonly queued: readonly string[];
}

/** What of a cache is to be emptied. */
export type CachePart = 'cache' | 'queue';

/** What was taken out of a cache. */
export interface Pruned {
  readonly files: number;
  readonly bytes: number;
}
