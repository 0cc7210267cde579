/** How often something may happen: `rate` a second, and after a pause `burst` seconds' worth at once. */
export interface Rate {
  readonly rate: number;
  readonly burst: number;
}

/** Counts what each of many does, against one rate. */
export interface RateLimiter {
  /** Counts once for `key`, and gives 0; or counts nothing, and gives the time until it may, ms. */
  spend(key: string): number;
}

/** Enough for every client of a large cloud; twice as many numbers are held at most. */
const mostKeys = 50_000;

/** Sums of intervals are not exact. */
const roundingError = 0.001;

/**
 * A token bucket for each key. Of a bucket one number is kept, the moment at which it will be full: that
 * tells what is in it now. A key whose bucket is full again is as good as one never seen, so the keys of
 * a whole time of filling are forgotten at once, with no search for them.
 *
 * Should there be more keys than are kept within that time, the oldest begin anew with a full bucket.
 *
 * @param now monotonic, ms
 */
export function rateLimiter(
  { rate, burst }: Rate,
  now: () => number,
  maxKeys: number = mostKeys,
): RateLimiter {
  const interval = 1000 / rate;
  const timeToFill = burst * 1000;
  let recent = new Map<string, number>();
  let older = new Map<string, number>();
  let nextTurn = 0;

  function forgetOldest(time: number): void {
    // After a long pause both are old.
    older = time < nextTurn + timeToFill ? recent : new Map();
    recent = new Map();
    nextTurn = time + timeToFill;
  }

  return {
    spend(key) {
      const time = now();
      if (time >= nextTurn || recent.size >= maxKeys) forgetOldest(time);
      const fullAt = Math.max(recent.get(key) ?? older.get(key) ?? time, time) + interval;
      const wait = fullAt - time - timeToFill;
      if (wait > roundingError) return wait;
      recent.set(key, fullAt);
      return 0;
    },
  };
}
