import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Store } from './store.ts';

/** How a store is, as far as a look told lately. */
export interface StoreHealth {
  readonly id: string;
  readonly isUp: boolean;
}

/** For how long (ms) a look is believed that found it up, or away: many ask, and each look is a call to a server. */
const freshTime = { up: 5000, away: 1000 } as const;

/** How long a look is waited for, ms: a store that takes longer is away for whoever wants data. */
const patience = 3000;

/** Looks whether stores can be used now; nothing is made where something is missing. */
export function storesHealth(stores: readonly Store[]): () => Promise<readonly StoreHealth[]> {
  const looks = stores.map((store) => ({ id: store.id, look: lookAt(store) }));
  return () => Promise.all(looks.map(async ({ id, look }) => ({ id, isUp: await look() })));
}

function lookAt(store: Store): () => Promise<boolean> {
  let last: { readonly isUp: boolean; readonly until: number } | undefined;
  let running: Promise<boolean> | undefined;

  async function look(): Promise<boolean> {
    const isUp = await isUsable(store);
    last = { isUp, until: performance.now() + freshTime[isUp ? 'up' : 'away'] };
    running = undefined;
    return isUp;
  }

  return async () => {
    if (last && performance.now() < last.until) return last.isUp;
    running ??= look();
    return await Promise.race([running, falseIn(patience)]);
  };
}

function falseIn(time: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(resolve, time, false).unref();
  });
}

/** Not by what is done at the start, which makes a folder that is missing: it may be one that is not mounted. */
async function isUsable(store: Store): Promise<boolean> {
  const usable = constants.R_OK | constants.W_OK | constants.X_OK;
  try {
    await (store.files ? access(store.files.directory, usable) : store.check());
    return true;
  } catch {
    return false;
  }
}
