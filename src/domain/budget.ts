import type { Rate } from './rate-limiter.ts';

/**
 * Counts once against a rate that is kept elsewhere: a token bucket, of which the moment is known at which it will be
 * full, ms since the epoch.
 *
 * @param fullAt undefined for a full one
 * @returns when it will be full now, or for how many milliseconds there is nothing in it
 */
export function spendFrom(
  { rate, burst }: Rate,
  fullAt: number | undefined,
  now: number,
): { readonly fullAt: number } | { readonly wait: number } {
  const next = Math.max(fullAt ?? now, now) + 1000 / rate;
  const wait = next - now - burst * 1000;
  return wait > 0.001 ? { wait: Math.ceil(wait) } : { fullAt: Math.ceil(next) };
}
