import { DomainError } from '../domain/errors.ts';

/** Lets a few tasks run at a time and a bounded number wait for their turn. */
export interface Gate {
  /** @throws DomainError `TooManyRequests` when too many are waiting already; whatever `task` throws. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

export interface GateOptions {
  readonly running: number;
  readonly waiting: number;
}

/** A gate for work that is dear in memory or time, such as hashing passwords. */
export function openGate({ running, waiting }: GateOptions): Gate {
  const queue: (() => void)[] = [];
  let free = running;

  async function enter(): Promise<void> {
    if (free > 0) {
      free -= 1;
      return;
    }
    if (queue.length >= waiting) {
      throw new DomainError(
        'TooManyRequests',
        'Too many logins at this moment; try again shortly.',
      );
    }
    // The one that leaves hands its place over, so nobody can slip in between.
    await new Promise<void>((resolve) => queue.push(resolve));
  }

  function leave(): void {
    const next = queue.shift();
    if (next) next();
    else free += 1;
  }

  return {
    async run(task) {
      await enter();
      try {
        return await task();
      } finally {
        leave();
      }
    },
  };
}
