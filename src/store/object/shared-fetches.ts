import type { Readable } from 'node:stream';
import { ObjectServerFailure } from './failure.ts';
import type { ObjectHead, ObjectServer } from './object-server.ts';

const mib = 1024 * 1024;

/** Bytes that the first request for some place asks for; each that follows asks for twice as many. */
const firstWindow = mib;

/** Bytes that one request asks for at most: what a client that goes away makes the server send in vain. */
const largestWindow = 64 * mib;

/** Bytes that a fetch keeps for those who read a little later than the first. */
const keptSize = 4 * mib;

/** Bytes that all fetches of a store keep together. */
const keptInAll = 32 * mib;

/** Which object is read, as it was when it was opened. */
export interface FetchedObject {
  readonly imageId: string;
  readonly head: ObjectHead;
}

/** One object on its way from the server, in order, for everybody who is at the same place of it. */
export interface SharedFetch {
  /** Whether `read` can give the byte at `position`: it is kept still, or the next to come. */
  reaches(position: number): boolean;
  /** Some bytes from `position`; 0 when they were let go meanwhile. One attempt. @throws StoreError */
  read(target: Uint8Array, position: number): Promise<number>;
  /** To be called by each who got it, once. */
  leave(): Promise<void>;
}

/** The fetches of one store. */
export interface SharedFetches {
  /** Joins a fetch that reaches `position`, or begins one there. */
  join(object: FetchedObject, position: number): SharedFetch;
}

export interface SharedFetchesOptions {
  readonly server: Pick<ObjectServer, 'read'>;
  /** Milliseconds for which the server may be silent. */
  readonly timeout: number;
}

interface Fetch extends SharedFetch {
  readonly imageId: string;
  readonly etag: string | undefined;
  readers: number;
  /** Lets go of what is more than may be kept. */
  trim(): void;
}

/**
 * Lets those who read one object at the same time share what comes of it.
 *
 * The fastest of them draws the data, and the last few MiB are kept for the others. Whoever falls further behind
 * reads by a fetch of its own from there on: nobody waits for anybody, and what is kept does not grow.
 */
export function sharedFetches(options: SharedFetchesOptions): SharedFetches {
  const fetches = new Set<Fetch>();
  const mayKeep = () => Math.min(keptSize, keptInAll / fetches.size);

  function begin({ imageId, head }: FetchedObject, position: number): Fetch {
    const front = fetchFrom(options, { imageId, head, position, mayKeep });
    const fetch: Fetch = {
      imageId,
      etag: head.etag,
      readers: 0,
      reaches: front.reaches,
      read: (target, from) => front.read(target, from),
      trim: front.trim,
      async leave() {
        fetch.readers -= 1;
        if (fetch.readers > 0) return;
        fetches.delete(fetch);
        await front.finish();
      },
    };
    fetches.add(fetch);
    for (const each of fetches) each.trim();
    return fetch;
  }

  return {
    join(object, position) {
      // Without a tag nobody knows whether it still is the same object.
      const isSame = (fetch: Fetch) =>
        fetch.imageId === object.imageId &&
        fetch.etag !== undefined &&
        fetch.etag === object.head.etag;
      const found = fetches.values().find((fetch) => isSame(fetch) && fetch.reaches(position));
      const joined = found ?? begin(object, position);
      joined.readers += 1;
      return joined;
    },
  };
}

interface FetchOptions extends FetchedObject {
  /** Of the first byte. */
  readonly position: number;
  /** Bytes that may be kept now. */
  readonly mayKeep: () => number;
}

/** Reads an object from some place on, by requests for parts of it: few, as long as somebody goes on. */
function fetchFrom(
  { server, timeout }: SharedFetchesOptions,
  { imageId, head: { size, etag }, position, mayKeep }: FetchOptions,
) {
  const kept = keptBytes(position, mayKeep);
  let window: Window | undefined;
  let nextSize = firstWindow;
  let drawing: Promise<void> | undefined;

  function close(): void {
    window?.body.destroy();
    window = undefined;
  }

  /** Lets go of a window; its connection is of use to others when there is nothing more to come. */
  async function finish(): Promise<void> {
    if (window && window.end === kept.end) {
      using _silence = endingAfter(window.body, timeout);
      await window.chunks.next().catch(() => undefined);
    }
    close();
  }

  async function openWindow(): Promise<Window> {
    if (window && kept.end < window.end) return window;
    await finish();
    const first = kept.end;
    const end = Math.min(size, first + nextSize);
    nextSize = Math.min(largestWindow, nextSize * 2);
    const body = await server.read(imageId, { first, last: end - 1, etag });
    // An error after the window is closed is nobody's.
    body.on('error', () => undefined);
    window = { body, chunks: body[Symbol.asyncIterator](), end };
    return window;
  }

  async function draw(): Promise<void> {
    try {
      kept.add(await nextChunk(await openWindow(), { position: kept.end, timeout }));
    } catch (error) {
      close();
      // What is asked for again may well fail again.
      nextSize = firstWindow;
      throw error;
    }
  }

  return {
    finish,
    reaches: kept.reaches,
    trim: kept.trim,

    async read(target: Uint8Array, from: number): Promise<number> {
      if (from === kept.end) {
        drawing ??= draw().finally(() => {
          drawing = undefined;
        });
        await drawing;
      }
      return kept.copy(target, from);
    },
  };
}

/** The last bytes of what came, in the pieces in which it came. */
function keptBytes(position: number, mayKeep: () => number) {
  const pieces: { readonly position: number; readonly bytes: Uint8Array }[] = [];
  let [start, end] = [position, position];

  function trim(): void {
    // The last piece stays, however large: somebody may wait for it.
    while (pieces.length > 1 && end - start > mayKeep()) {
      start += pieces.shift()?.bytes.length ?? 0;
    }
  }

  return {
    trim,

    /** Of the next byte to come. */
    get end() {
      return end;
    },

    reaches: (wanted: number): boolean => wanted >= start && wanted <= end,

    add(bytes: Uint8Array): void {
      pieces.push({ position: end, bytes });
      end += bytes.length;
      trim();
    },

    copy(target: Uint8Array, from: number): number {
      const piece = from < start ? undefined : pieces.findLast((each) => each.position <= from);
      if (!piece) return 0;
      const offset = from - piece.position;
      const bytes = piece.bytes.subarray(offset, offset + target.length);
      target.set(bytes);
      return bytes.length;
    },
  };
}

/** Part of an object, as it comes. */
interface Window {
  readonly body: Readable;
  readonly chunks: AsyncIterator<Uint8Array>;
  /** Of the first byte behind the window. */
  readonly end: number;
}

async function nextChunk(
  { body, chunks, end }: Window,
  { position, timeout }: { readonly position: number; readonly timeout: number },
): Promise<Uint8Array> {
  using _silence = endingAfter(body, timeout);
  try {
    const next = await chunks.next();
    if (!next.done && next.value.length <= end - position) return next.value;
  } catch {
    // What went wrong with the connection is of less use than where.
  }
  throw new ObjectServerFailure('Unavailable', `The data was cut off at byte ${position}.`, {
    isPassing: true,
  });
}

/** Ends a body whose server is silent for that long, ms. */
function endingAfter(body: Readable, timeout: number): Disposable {
  const timer = setTimeout(() => body.destroy(new Error('The server is silent.')), timeout);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
