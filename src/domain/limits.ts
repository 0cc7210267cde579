import { DomainError } from './errors.ts';

/** How much an image may carry; a negative number is no limit. */
export interface Limits {
  readonly members: number;
  readonly properties: number;
  readonly tags: number;
  /** Bytes of data in one image. */
  readonly imageSize: number;
}

/**
 * Refuses a count above its limit.
 *
 * @throws DomainError `QuotaExceeded`, naming what there is too much of.
 */
export function checkLimit(count: number, limit: number, what: string): void {
  if (limit >= 0 && count > limit) {
    throw new DomainError('QuotaExceeded', `${what}: at most ${limit} are allowed, not ${count}.`);
  }
}
