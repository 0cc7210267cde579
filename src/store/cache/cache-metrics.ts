import { type Metric, single } from '../../domain/metric.ts';
import type { CacheIndex } from './cache-index.ts';

/** What one process has seen of a cache. */
export interface CacheCounts {
  hits: number;
  misses: number;
  evictions: number;
  failures: number;
  /** Bytes. */
  fetched: number;
}

export function cacheCounts(): CacheCounts {
  return { hits: 0, misses: 0, evictions: 0, failures: 0, fetched: 0 };
}

export function cacheMetrics(counts: CacheCounts): readonly Metric[] {
  const counter = (name: string, value: number, help: string) =>
    single('counter', `vitrine_image_cache_${name}_total`, { help, value });
  return [
    counter('hits', counts.hits, 'Downloads that were read from the cache of images.'),
    counter('misses', counts.misses, 'Downloads of what was not in it yet, or on its way.'),
    counter(
      'fetched_bytes',
      counts.fetched,
      'Bytes that came into it and were compared with their checksum.',
    ),
    counter('evictions', counts.evictions, 'Images that others took the room of.'),
    counter(
      'failures',
      counts.failures,
      'Images that could not be cached, or whose file was no use.',
    ),
  ];
}

/** How full a cache is, whichever process tells it. */
export function cacheLevels(index: CacheIndex, maxSize: number): readonly Metric[] {
  const gauge = (name: string, value: number, help: string) =>
    single('gauge', `vitrine_image_cache_${name}`, { help, value });
  return [
    gauge('bytes', index.used(), 'Bytes that the cache of images takes, or has set aside.'),
    gauge('max_bytes', maxSize, 'Bytes that it may take.'),
    gauge('images', index.imageCount(), 'Images in it.'),
    gauge('queued_images', index.queueLength(), 'Images that it is yet to fetch.'),
  ];
}
