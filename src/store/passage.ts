import type { Digests, Hashers, Hashing } from './hashing.ts';
import { releaseRing, takeRing } from './ring.ts';

/** Data that passes through memory in slots, of which each is hashed and written while the next ones fill. */
export interface Passage extends AsyncDisposable {
  /** The slot for the next bytes, once nobody reads it any more. */
  next(): Promise<Uint8Array>;
  /**
   * Hashes bytes of the slot that was given last, where this passage hashes, and waits for `write`.
   *
   * @param onFailure told at once when either fails
   */
  pass(
    bytes: Uint8Array,
    write: ((bytes: Uint8Array) => Promise<void>) | undefined,
    onFailure: (error: unknown) => void,
  ): void;
  /** Waits for all that was passed. @throws what failed first */
  drained(): Promise<void>;
  /** Of all that was passed. @throws StoreError `Unavailable` */
  digests(): Promise<Digests>;
}

/** @param hashers undefined for data that is not hashed */
export function passage(hashers: Hashers | undefined): Passage {
  const ring = takeRing();
  const hashing: Hashing | undefined = hashers?.begin(ring.memory);
  const uses = ring.slots.map(() => Promise.resolve());
  let turn = -1;
  let isOpen = true;

  return {
    async next() {
      turn = (turn + 1) % ring.slots.length;
      await uses[turn];
      return ring.slots[turn] ?? new Uint8Array(0);
    },

    pass(bytes, write, onFailure) {
      const use = both(write?.(bytes), hashing?.update(bytes.byteOffset, bytes.length));
      use.catch(onFailure);
      uses[turn] = use;
    },

    drained: () => both(...uses),

    async digests() {
      if (!hashing) throw new TypeError('The data was not hashed.');
      return await hashing.digests();
    },

    async [Symbol.asyncDispose]() {
      if (!isOpen) return;
      isOpen = false;
      await Promise.allSettled(uses);
      hashing?.[Symbol.dispose]();
      releaseRing(ring);
    },
  };
}

/** Settles only when all have, also when one of them failed. */
async function both(...works: readonly (Promise<void> | undefined)[]): Promise<void> {
  const begun = works.filter((work) => work !== undefined);
  for (const work of await Promise.allSettled(begun)) {
    if (work.status === 'rejected') throw work.reason;
  }
}
