import type { Readable } from 'node:stream';
import type { StoredReader } from '../store.ts';
import { ObjectServerFailure } from './failure.ts';
import type { ObjectHead, ObjectServer } from './object-server.ts';
import { withRetries } from './retries.ts';

const mib = 1024 * 1024;

/** Bytes that the first request for some place asks for; each that follows asks for twice as many. */
const firstWindow = mib;

/** Bytes that one request asks for at most: what a client that goes away makes the server send in vain. */
const largestWindow = 64 * mib;

export interface ObjectReaderOptions {
  readonly server: Pick<ObjectServer, 'read'>;
  readonly imageId: string;
  readonly head: ObjectHead;
  /** Milliseconds for which the server may be silent. */
  readonly timeout: number;
}

/** Part of an object, as it comes. */
interface Window {
  readonly body: Readable;
  readonly chunks: AsyncIterator<Uint8Array>;
  /** Of the next byte. */
  position: number;
  /** Of the first byte behind the window. */
  readonly end: number;
  rest: Uint8Array;
}

const nothing = new Uint8Array(0);

/** Reads an object by requests for parts of it: data that is read in order costs few of them. */
export function objectReader({
  server,
  imageId,
  head,
  timeout,
}: ObjectReaderOptions): StoredReader {
  const { size, etag } = head;
  let window: Window | undefined;
  let nextSize = firstWindow;

  function close(): void {
    window?.body.destroy();
    window = undefined;
  }

  /** Lets go of a window; its connection is of use to others when there is nothing more to come. */
  async function finish(): Promise<void> {
    if (window?.position === window?.end) await window?.chunks.next().catch(() => undefined);
    close();
  }

  /** A window whose next byte is that of `position`. */
  async function windowAt(position: number): Promise<Window> {
    if (window && window.position === position && position < window.end) return window;
    const follows = window !== undefined && window.position === position;
    if (!follows) nextSize = firstWindow;
    await finish();
    const end = Math.min(size, position + nextSize);
    nextSize = Math.min(largestWindow, nextSize * 2);
    const body = await server.read(imageId, { first: position, last: end - 1, etag });
    // An error after the window is closed is nobody's.
    body.on('error', () => undefined);
    window = { body, chunks: body[Symbol.asyncIterator](), position, end, rest: nothing };
    return window;
  }

  /** Some bytes from `position`, at least one. */
  async function readSome(target: Uint8Array, position: number): Promise<number> {
    try {
      const opened = await windowAt(position);
      if (opened.rest.length === 0) opened.rest = await nextChunk(opened, timeout);
      const taken = opened.rest.subarray(0, target.length);
      target.set(taken);
      opened.rest = opened.rest.subarray(taken.length);
      opened.position += taken.length;
      return taken.length;
    } catch (error) {
      close();
      throw error;
    }
  }

  return {
    size,

    async read(buffer, position) {
      const wanted = Math.min(buffer.length, Math.max(0, size - position));
      for (let filled = 0; filled < wanted; ) {
        const target = buffer.subarray(filled, wanted);
        filled += await withRetries(() => readSome(target, position + filled));
      }
      return wanted;
    },

    [Symbol.asyncDispose]: finish,
  };
}

async function nextChunk({ body, chunks, position, end }: Window, timeout: number) {
  const timer = setTimeout(() => body.destroy(new Error('The server is silent.')), timeout);
  try {
    const next = await chunks.next();
    if (!next.done && next.value.length <= end - position) return next.value;
  } catch {
    // What went wrong with the connection is of less use than where.
  } finally {
    clearTimeout(timer);
  }
  throw new ObjectServerFailure('Unavailable', `The data was cut off at byte ${position}.`, {
    isPassing: true,
  });
}
