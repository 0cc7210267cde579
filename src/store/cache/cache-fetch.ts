import type { FileHandle } from 'node:fs/promises';
import { onDisk } from '../disk.ts';
import type { Hashers } from '../hashing.ts';
import { type DataWriter, type Received, receive } from '../receive.ts';
import type { SourceReader } from '../source-reader.ts';
import { type StoredReader, StoreError } from '../store.ts';

/** Data that is worth a place in a cache: it says what it is. */
export interface CacheableData {
  readonly imageId: string;
  /** Bytes. */
  readonly size: number;
  /** MD5, lower-case hex. */
  readonly checksum: string;
  /** Lower-case hex; null where only the MD5 is known. */
  readonly sha512: string | null;
}

/** A fetch that nobody wants any more, which is no failure of anything. */
export class GivenUp extends StoreError {
  constructor(message: string) {
    super('Unavailable', message);
  }
}

export interface FetchOptions {
  readonly data: CacheableData;
  /** Where it comes from; closed in the end. */
  readonly source: StoredReader;
  /** Where it goes, open for both; closed once nobody reads it any more. */
  readonly file: FileHandle;
  readonly writer: DataWriter;
  readonly hashers: Hashers;
  /** Whether it is to be fetched when nobody reads it, too. */
  readonly isOrdered: boolean;
  /** Makes an entry of what has come and is what it is to be. */
  readonly keep: () => Promise<void>;
}

/** Data on its way into a cache, from which any number can read meanwhile. */
export interface CacheFetch {
  /** Resolves once it is kept. @throws StoreError; what it was given up for */
  readonly kept: Promise<void>;
  /** Resolves once nobody reads or writes the file any more. */
  readonly closed: Promise<void>;
  /** From now on it is fetched to its end, whoever leaves. */
  order(): void;
  /** A reader of what comes, as soon as it comes. What cannot be read here is read from what `openSource` opens. */
  follow(openSource: () => Promise<StoredReader>): StoredReader;
  abort(reason: unknown): void;
  /** Bytes that have come. */
  readonly size: number;
}

export function beginFetch(options: FetchOptions): CacheFetch {
  const { data, source, file, keep } = options;
  const stopping = new AbortController();
  const closed = Promise.withResolvers<void>();
  let { isOrdered } = options;
  let [written, readers, isEnded] = [0, 0, false];
  let more = Promise.withResolvers<void>();

  function tell(): void {
    more.resolve();
    more = Promise.withResolvers<void>();
  }

  function abort(reason: unknown): void {
    stopping.abort(reason);
    tell();
  }

  const writer: DataWriter = {
    async append(bytes) {
      await options.writer.append(bytes);
      written += bytes.length;
      tell();
    },
    sync: () => options.writer.sync(),
  };

  async function run(): Promise<void> {
    try {
      const reader = sourceOf(source, stopping.signal);
      const received = await receive({ ...options, source: reader, writer, onFailure: abort });
      check(data, received);
      await keep();
    } catch (cause) {
      abort(cause);
      throw cause;
    } finally {
      await source[Symbol.asyncDispose]();
      isEnded = true;
      await closeIfLeft();
    }
  }

  async function closeIfLeft(): Promise<void> {
    if (!isEnded || readers > 0) return;
    await file.close().catch(() => undefined);
    closed.resolve();
  }

  /** Resolves once bytes up to `end` have come. @throws what the fetch was given up for */
  async function reach(end: number): Promise<void> {
    while (written < end) {
      stopping.signal.throwIfAborted();
      await more.promise;
    }
  }

  async function leave(): Promise<void> {
    readers -= 1;
    if (readers === 0 && !isOrdered && written < data.size) {
      abort(new GivenUp('Nobody reads the data any more.'));
    }
    await closeIfLeft();
  }

  const kept = run();
  kept.catch(() => undefined);
  return {
    kept,
    closed: closed.promise,
    get size() {
      return written;
    },
    order() {
      isOrdered = true;
    },
    abort,

    follow(openSource) {
      readers += 1;
      return followingReader({ size: data.size, file, reach, leave, openSource });
    },
  };
}

/** @throws StoreError `Damaged` */
function check(data: CacheableData, { size, checksum, sha512 }: Received): void {
  const isSame =
    size === data.size && checksum === data.checksum && (data.sha512 ?? sha512) === sha512;
  if (!isSame)
    throw new StoreError('Damaged', `The data of image ${data.imageId} is not what it was.`);
}

/** Reads from a store as if it were sent here. */
function sourceOf(reader: StoredReader, signal: AbortSignal): SourceReader {
  let position = 0;
  return {
    async fill(target) {
      signal.throwIfAborted();
      const wanted = target.subarray(0, Math.max(0, reader.size - position));
      const filled = wanted.length > 0 ? await reader.read(wanted, position) : 0;
      signal.throwIfAborted();
      position += filled;
      return filled;
    },
    [Symbol.dispose]() {},
  };
}

interface Following {
  readonly size: number;
  readonly file: FileHandle;
  readonly reach: (end: number) => Promise<void>;
  readonly leave: () => Promise<void>;
  readonly openSource: () => Promise<StoredReader>;
}

function followingReader({ size, file, reach, leave, openSource }: Following): StoredReader {
  let direct: StoredReader | undefined;
  let isLeft = false;

  async function readHere(buffer: Uint8Array, position: number): Promise<number> {
    const wanted = Math.min(buffer.length, Math.max(0, size - position));
    await reach(position + wanted);
    for (let filled = 0; filled < wanted; ) {
      const reading = file.read(buffer, filled, wanted - filled, position + filled);
      const { bytesRead } = await onDisk('read the cache', reading);
      if (bytesRead === 0) throw new StoreError('Unavailable', 'The cache has less than it took.');
      filled += bytesRead;
    }
    return wanted;
  }

  return {
    size,

    async read(buffer, position) {
      if (direct) return await direct.read(buffer, position);
      try {
        return await readHere(buffer, position);
      } catch {
        // Whatever is wrong with the cache, the store may well have the data.
        direct = await openSource();
        return await direct.read(buffer, position);
      }
    },

    async [Symbol.asyncDispose]() {
      await direct?.[Symbol.asyncDispose]();
      if (isLeft) return;
      isLeft = true;
      await leave();
    },
  };
}
