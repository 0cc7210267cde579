const atOnce = 3;

let running = 0;
const waiting: (() => void)[] = [];

/** Whether another sync may begin without waiting. */
export function syncGateIsOpen(): boolean {
  return running < atOnce;
}

/**
 * Runs `sync` once a place is free.
 *
 * A sync holds a thread of the pool for as long as the disk takes, and the pool has four unless told
 * otherwise: were all of them syncing, every download would wait for the slowest upload.
 */
export async function throughSyncGate(sync: () => Promise<void>): Promise<void> {
  if (running < atOnce) running += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    await sync();
  } finally {
    // The place is handed on without being given up, so that nobody slips in between.
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
