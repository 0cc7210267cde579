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

export interface CachePinsOptions {
  readonly index: CacheIndex;
  /** For how long (ms) an entry that nobody uses keeps its pin: those who read the same one after another write nothing. */
  readonly keptTime: number;
  /** Told when an entry that nobody is to find was used here last. */
  readonly onFree: () => void;
  /** Told once of an index that fails, until it works again. */
  readonly onFailure: (cause: unknown) => void;
}

export function cachePins({ index, keptTime, onFree, onFailure }: CachePinsOptions): CachePins {
  const users = new Map<
    string,
    { readonly key: EntryKey; count: number; hits: number; at: number }
  >();
  let timer: NodeJS.Timeout | undefined;
  let isSettled = false;
  let isWell = true;

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
      tidy();
    }, keptTime).unref();
  }

  /** What an index that fails has not taken is noted by and by. */
  function tidy(): void {
    try {
      flush();
      letGo();
      isWell = true;
    } catch (cause) {
      if (isWell) onFailure(cause);
      isWell = false;
      later();
    }
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
      if (index.unpin(user.key)) isFree = true;
      users.delete(name);
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
      tidy();
    },
  };
}
