import type { CachePart, CacheState } from '../domain/cached-image.ts';
import { DomainError } from '../domain/errors.ts';

/** @see Images API v2, "Cache"; times are in seconds since 1970 */
export function cachedImagesDocument({ cached }: Pick<CacheState, 'cached'>) {
  return {
    cached_images: cached.map(({ imageId, size, hits, lastAccessed, lastModified }) => ({
      image_id: imageId,
      hits,
      last_accessed: lastAccessed,
      last_modified: lastModified,
      size,
    })),
  };
}

export function queuedImagesDocument({ queued }: Pick<CacheState, 'queued'>) {
  return { queued_images: queued };
}

/** What a caller wants to empty: both parts unless it names one. @throws DomainError `InvalidRequest` */
export function parseClearTarget(
  header: string | readonly string[] | undefined,
): readonly CachePart[] {
  const target = String(header ?? '').toLowerCase();
  if (target === '') return ['cache', 'queue'];
  if (target === 'cache' || target === 'queue') return [target];
  const text = 'x-image-cache-clear-target: must be cache, queue or empty.';
  throw new DomainError('InvalidRequest', text);
}
