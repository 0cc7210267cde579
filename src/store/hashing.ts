import { createHash } from 'node:crypto';
import { sumsOf } from './chunk-sums.ts';
import { type HashThread, hashThread } from './hash-thread.ts';
import { type StoredData, StoreError } from './store.ts';

/** MD5, SHA-512 and the checksums of the chunks of some data. */
export type Digests = Pick<StoredData, 'checksum' | 'sha512' | 'sums'>;

/** The hashes of one upload, computed by other threads. */
export interface Hashing extends Disposable {
  /** Hashes the next `length` bytes, which lie at `offset` in the upload's memory; settles when they may be overwritten. */
  update(offset: number, length: number): Promise<void>;
  digests(): Promise<Digests>;
}

/** Threads that hash data as it comes in; made once and shared by all stores. */
export interface Hashers extends AsyncDisposable {
  /** Begins to hash data that will pass through `memory`. */
  begin(memory: SharedArrayBuffer): Hashing;
  /** MD5 of the first `length` bytes of `memory`, lower-case hex. @throws StoreError `Unavailable`. */
  md5(memory: SharedArrayBuffer, length: number): Promise<string>;
}

interface Pair {
  readonly md5: HashThread;
  readonly sha512: HashThread;
  uploads: number;
}

/** Both hashes of data that is at hand, on the calling thread. */
export function digestsOf(data: Uint8Array): Digests {
  return {
    checksum: createHash('md5').update(data).digest('hex'),
    sha512: createHash('sha512').update(data).digest('hex'),
    sums: sumsOf(data),
  };
}

async function inThread<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new StoreError('Unavailable', 'Could not hash the data.', { cause });
  }
}

function beginIn(pair: Pair, upload: number, memory: SharedArrayBuffer): Hashing {
  const threads = [pair.md5, pair.sha512] as const;
  pair.uploads += 1;
  for (const thread of threads) thread.tell({ kind: 'begin', upload, memory });

  return {
    async update(offset, length) {
      const asked = threads.map((thread) => thread.ask({ kind: 'update', upload, offset, length }));
      await inThread(Promise.all(asked));
    },

    async digests() {
      const [checksum, sha512, sums] = await inThread(
        Promise.all([
          pair.md5.ask({ kind: 'digest', upload }),
          pair.sha512.ask({ kind: 'digest', upload }),
          pair.sha512.ask({ kind: 'sums', upload }),
        ]),
      );
      return { checksum, sha512, sums: Buffer.from(sums, 'hex') };
    },

    [Symbol.dispose]() {
      pair.uploads -= 1;
      for (const thread of threads) thread.tell({ kind: 'forget', upload });
    },
  };
}

async function md5In(
  pair: Pair,
  upload: number,
  { memory, length }: { readonly memory: SharedArrayBuffer; readonly length: number },
): Promise<string> {
  pair.uploads += 1;
  try {
    pair.md5.tell({ kind: 'begin', upload, memory });
    const hashed = pair.md5.ask({ kind: 'update', upload, offset: 0, length });
    const [, digest] = await inThread(
      Promise.all([hashed, pair.md5.ask({ kind: 'digest', upload })]),
    );
    return digest;
  } finally {
    pair.uploads -= 1;
    pair.md5.tell({ kind: 'forget', upload });
  }
}

/**
 * Pairs of threads, one for MD5 and one for SHA-512. They start with the first large upload and never
 * keep the process alive while idle. One pair for every two cores is as much as can run at once.
 */
export function hashers({ pairs: count }: { readonly pairs: number }): Hashers {
  const pairs = Array.from(
    { length: Math.max(1, count) },
    (): Pair => ({ md5: hashThread('md5'), sha512: hashThread('sha512'), uploads: 0 }),
  );
  let uploads = 0;

  function idlest(): Pair {
    return pairs.reduce((least, other) => (other.uploads < least.uploads ? other : least));
  }

  return {
    begin(memory) {
      uploads += 1;
      return beginIn(idlest(), uploads, memory);
    },

    md5(memory, length) {
      uploads += 1;
      return md5In(idlest(), uploads, { memory, length });
    },

    async [Symbol.asyncDispose]() {
      await Promise.all(
        pairs.flatMap(({ md5, sha512 }) => [md5, sha512]).map((t) => t[Symbol.asyncDispose]()),
      );
    },
  };
}
