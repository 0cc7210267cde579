import { finished, type Readable } from 'node:stream';
import { StoreError } from './store.ts';

// An import of `node:http` would have Node load all of `fetch` with it: see `http/node-http.ts`.
const { IncomingMessage } = process.getBuiltinModule('node:http');

/** Incoming data, read into buffers that the reader of it owns. */
export interface SourceReader extends Disposable {
  /**
   * Fills `target`; returns the bytes filled, less than its length only at the end of the data. One call at a time.
   *
   * @throws StoreError `TooLarge`; the source's own error; the signal's reason.
   */
  fill(target: Uint8Array): Promise<number>;
}

export interface SourceOptions {
  /** Bytes; one more is `TooLarge`. */
  readonly maxSize: number;
  /** Whether the bytes that came before a failure are given out first. */
  readonly keepsCut?: boolean;
  readonly signal: AbortSignal;
}

interface Demand {
  readonly target: Uint8Array;
  readonly filled: PromiseWithResolvers<number>;
  length: number;
}

const nothing = new Uint8Array(0);

/**
 * Reads `data` by its `data` events, which cost less than an async iterator and, unlike one, leave
 * the stream undestroyed when reading stops early: the answer to a refused upload still has to be sent.
 */
export function sourceReader(
  data: Readable,
  { maxSize, keepsCut = false, signal }: SourceOptions,
): SourceReader {
  let demand: Demand | undefined;
  let rest: Uint8Array = nothing;
  /** The memory of `rest` when it is nobody else's. */
  let owned: ArrayBuffer | undefined;
  let received = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;

  function settle(): void {
    if (!demand) return;
    const { target, filled } = demand;
    if (!failure && demand.length < target.length && !ended) return;
    if (failure && !(keepsCut && demand.length > 0)) filled.reject(failure.error);
    else filled.resolve(demand.length);
    demand = undefined;
    data.pause();
  }

  function fail(error: unknown): void {
    failure ??= { error };
    settle();
  }

  function moveRest(): void {
    if (!demand) return;
    const moved = rest.subarray(0, demand.target.length - demand.length);
    demand.target.set(moved, demand.length);
    demand.length += moved.length;
    rest = rest.subarray(moved.length);
    if (rest.length > 0) return;
    rest = nothing;
    owned?.transfer(0);
    owned = undefined;
  }

  function onData(chunk: Uint8Array | string): void {
    rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    owned = data instanceof IncomingMessage ? wholeBuffer(rest) : undefined;
    received += rest.length;
    if (received > maxSize) {
      // Nothing of what is too much may be given out, also where the bytes before it are.
      rest = nothing;
      fail(new StoreError('TooLarge', `The data is larger than ${maxSize} bytes.`));
      return;
    }
    moveRest();
    settle();
    if (!demand) data.pause();
  }

  const onAbort = (): void => fail(signal.reason);
  const stopListening = finished(data, { writable: false }, (error) => {
    ended = true;
    if (error) fail(error);
    else settle();
  });
  data.on('data', onData);
  data.pause();
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();

  return {
    fill(target) {
      const filled = Promise.withResolvers<number>();
      demand = { target, filled, length: 0 };
      moveRest();
      settle();
      if (demand) data.resume();
      return filled.promise;
    },

    [Symbol.dispose]() {
      data.off('data', onData);
      data.pause();
      stopListening();
      signal.removeEventListener('abort', onAbort);
    },
  };
}

/**
 * The memory of a request's chunk, to be given back once it is used: Node copies each chunk for its
 * own event, so nobody else holds it. Left to the garbage collector, a fast upload has some 60 MiB of
 * them at any time.
 */
function wholeBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer | undefined {
  return buffer instanceof ArrayBuffer && byteLength === buffer.byteLength ? buffer : undefined;
}
