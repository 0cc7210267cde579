import type { ReadRequests } from '../domain/read-requests.ts';

/** Shares out the event loop between work that comes in steps and those who read. */
export interface Turns {
  /** Resolves in a later turn of the loop; each turn has one such. */
  next(): Promise<void>;
  /** How many steps may be taken in one turn. */
  atOnce(): number;
}

/** Steps in one turn while nobody has read for as long as that, ms: to share out the loop costs time too. */
const mostAtOnce = 4;
const quietTime = 20;

/**
 * Between two turns the loop takes what has come in meanwhile, so that whoever asks for little waits for one step of
 * others' work, rather than for all of it.
 *
 * @param readFirst answers what is not to wait for a step, and tells whether there was any; then the step is put off, once
 * @param requests of those who read
 */
export function turns(readFirst: () => boolean, requests: Readonly<ReadRequests>): Turns {
  const waiting: (() => void)[] = [];
  let hasPutOff = false;
  let known = requests.count;
  let lastRead = Number.NEGATIVE_INFINITY;

  function takeTurn(): void {
    hasPutOff = readFirst() && !hasPutOff;
    const step = hasPutOff ? undefined : waiting.shift();
    if (waiting.length > 0) setImmediate(takeTurn);
    step?.();
  }

  return {
    next: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 1) setImmediate(takeTurn);
      }),

    atOnce() {
      const now = performance.now();
      if (requests.count !== known) lastRead = now;
      known = requests.count;
      return now - lastRead < quietTime ? 1 : mostAtOnce;
    },
  };
}
