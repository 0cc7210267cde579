import type { CacheIndex, EntryKey } from './cache-index.ts';

/** What this process reads and writes in a cache, and how often; noted in the index by and by, not with each read. */
export interface CachePins {
  /** One more uses an entry, which is pinned in the index. */
  take(key: EntryKey): void;
  /** One less does. */
  release(key: EntryKey): void;
  /** It was given out. */
  hit(key: EntryKey): void;
  /** Notes the hits in the index. */
  flush(): void;
  /** Lets go of everything that nobody uses any more. */
  settle(): void;
}

/** For how long (ms) an entry that nobody uses keeps its pin: those who read the same one after another write nothing. */
const keptTime = 1000;

/** @param onFree told when an entry that nobody is to find was used here last */
export function cachePins(index: CacheIndex, onFree: () => void): CachePins {
  const users = new Map<
    string,
    { readonly key: EntryKey; count: number; hits: number; at: number }
  >();
  let timer: NodeJS.Timeout | undefined;
  let isSettled = false;

  function of({ imageId, checksum }: EntryKey) {
    const name = `${imageId}.${checksum}`;
    const found = users.get(name) ?? { key: { imageId, checksum }, count: 0, hits: 0, at: 0 };
    users.set(name, found);
    return found;
  }

  function later(): void {
    // Whoever still reads then holds no more than an open file; the next process here lets go of its pin.
    if (isSettled) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      flush();
      letGo();
    }, keptTime).unref();
  }

  function flush(): void {
    for (const user of users.values()) {
      if (user.hits > 0) index.noteHits(user.key, user.hits, user.at);
      user.hits = 0;
    }
  }

  function letGo(): void {
    let isFree = false;
    for (const [name, user] of users) {
      if (user.count > 0) continue;
      users.delete(name);
      if (index.unpin(user.key)) isFree = true;
    }
    if (isFree) onFree();
  }

  return {
    take(key) {
      of(key).count += 1;
    },

    release(key) {
      of(key).count -= 1;
      later();
    },

    hit(key) {
      const user = of(key);
      user.hits += 1;
      user.at = Date.now() / 1000;
      later();
    },

    flush,

    settle() {
      isSettled = true;
      clearTimeout(timer);
      flush();
      letGo();
    },
  };
}
