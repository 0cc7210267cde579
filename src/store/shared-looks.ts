import { performance } from 'node:perf_hooks';

/**
 * How long a look at data holds, ms. What was looked at is read again when it is sent, most likely from memory; a longer
 * time would let that memory be given to others, and the disk tell something else.
 */
const lookPatience = 1000;

/** Looks at the same data that many wait for at once, or shortly after each other: one of them looks. */
export interface SharedLooks {
  /** Resolves once `look` has resolved, or one for the same `key` has a moment ago. */
  at(key: string, look: () => Promise<void>): Promise<void>;
}

interface Look {
  readonly ended: Promise<boolean>;
  /** When it began, ms. */
  readonly at: number;
}

export function sharedLooks(): SharedLooks {
  // In the order in which they began.
  const looks = new Map<string, Look>();

  function forgetOld(now: number): void {
    for (const [key, { at }] of looks) {
      if (now - at < lookPatience) return;
      looks.delete(key);
    }
  }

  return {
    async at(key, look) {
      const now = performance.now();
      forgetOld(now);
      // Whose look fails, or is given up, speaks for itself alone.
      const known = looks.get(key);
      if (known && (await known.ended)) return;
      const looking = look();
      const ended = looking.then(
        () => true,
        () => false,
      );
      looks.delete(key);
      looks.set(key, { ended, at: performance.now() });
      await looking;
    },
  };
}
