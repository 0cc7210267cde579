import { integer, type Setting, text } from './setting.ts';

/** The cache of images of one machine. */
export interface ImageCacheConfig {
  /** Empty for none. */
  readonly imageCacheDir: string;
  /** Bytes. */
  readonly imageCacheMaxSize: number;
  /** Seconds. */
  readonly imageCacheStallTime: number;
}

type CacheSettings = {
  readonly [Name in keyof ImageCacheConfig]: Setting<ImageCacheConfig[Name]>;
};

/** The settings of `ImageCacheConfig`, in the order in which operators read of them. */
export const imageCacheSettings = {
  imageCacheDir: text('image_cache_dir', {
    initial: '',
    about:
      'The folder, on a disk of this machine, where data that was read from S3, Swift or URLs is kept for the next time; empty for none; see [Cache](cache.md)',
    wanted: 'the path of a folder',
  }),
  imageCacheMaxSize: integer('image_cache_max_size', {
    initial: 10 * 1024 * 1024 * 1024,
    about: 'Bytes that it takes at most; what was read longest ago goes for the new',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  imageCacheStallTime: integer('image_cache_stall_time', {
    initial: 86_400,
    about: 'Seconds after which data of which nothing more comes is given up',
    min: 1,
    max: 365 * 24 * 3600,
  }),
} as const satisfies CacheSettings;
