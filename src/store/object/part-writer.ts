import type { DataWriter } from '../receive.ts';
import type { PartMemory } from './part-memory.ts';

/** Parts under way at a time; one more is being filled meanwhile. */
const atOnce = 2;

/** Bytes to begin with when nobody has said how many will come. */
const smallSize = 1024 * 1024;

/** Bytes of one part. */
export interface Part {
  /** From 1. */
  readonly number: number;
  readonly memory: SharedArrayBuffer;
  /** Bytes of `memory` that count. */
  readonly length: number;
}

/** Cuts data into parts and sends them while more comes. */
export interface PartWriter extends DataWriter {
  /** The data when all of it fits one part, which then is not sent: valid until the writer is disposed of. */
  whole(): Part | undefined;
  /** Waits until nothing is under way, and gives the memory back. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface PartWriterOptions {
  /** Bytes of a part, by its number. */
  readonly sizeOf: (number: number) => number;
  /** Bytes of the data when they are known. */
  readonly expectedSize: number | undefined;
  readonly memory: PartMemory;
  readonly send: (part: Part) => Promise<void>;
  /** Called when a part could not be sent, so that the wait for more data can end. */
  readonly onFailure: (error: unknown) => void;
}

/** A writer that holds three parts at most. */
export function partWriter(options: PartWriterOptions): PartWriter {
  const { sizeOf, expectedSize = smallSize, memory, send, onFailure } = options;
  const underWay = new Set<Promise<void>>();
  let number = 1;
  // The one part of small data need not be as large as one of many.
  let size = Math.min(sizeOf(1), Math.max(1, expectedSize));
  let filling = memory.take(size);
  let length = 0;
  let tail = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;

  function fail(error: unknown): void {
    if (failure) return;
    failure = { error };
    onFailure(error);
  }

  function begin(part: Part): void {
    const sending = send(part)
      .catch(fail)
      .finally(() => {
        underWay.delete(sending);
        memory.release(part.memory);
      });
    underWay.add(sending);
  }

  function checkFailure(): void {
    if (failure) throw failure.error;
  }

  function growFirst(): void {
    const small = filling;
    size = Math.min(sizeOf(1), 4 * size);
    filling = memory.take(size);
    new Uint8Array(filling).set(new Uint8Array(small, 0, length));
    memory.release(small);
  }

  async function makeRoom(): Promise<void> {
    if (number === 1 && size < sizeOf(1)) growFirst();
    // Only now is it sure that the part is not all there is.
    else await sendFilled();
  }

  async function sendFilled(): Promise<void> {
    while (underWay.size >= atOnce) await Promise.race(underWay);
    checkFailure();
    begin({ number, memory: filling, length });
    number += 1;
    size = sizeOf(number);
    filling = memory.take(size);
    length = 0;
  }

  async function appendNext(bytes: Uint8Array): Promise<void> {
    checkFailure();
    for (let done = 0; done < bytes.length; ) {
      if (length === size) await makeRoom();
      const taken = bytes.subarray(done, done + size - length);
      new Uint8Array(filling).set(taken, length);
      length += taken.length;
      done += taken.length;
    }
  }

  return {
    append(bytes) {
      tail = tail.then(() => appendNext(bytes));
      return tail;
    },

    async sync() {
      await tail;
      if (number > 1 && length > 0) await sendFilled();
      await Promise.all(underWay);
      checkFailure();
    },

    whole: () => (number === 1 ? { number, memory: filling, length } : undefined),

    async [Symbol.asyncDispose]() {
      await tail.catch(() => undefined);
      await Promise.all(underWay);
      memory.release(filling);
    },
  };
}
