import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { damaged } from './pieces.ts';

/** What a thread that unpacks xz is asked; one thing at a time. */
export type XzOrder =
  | {
      readonly kind: 'begin';
      /** Bytes. */
      readonly windowSize: number;
      /** By what the block is verified, as the format numbers it. */
      readonly check: number;
    }
  | {
      readonly kind: 'chunk';
      readonly control: number;
      readonly properties: number;
      readonly packed: Uint8Array;
      /** Of the data, bytes. */
      readonly size: number;
    }
  | { readonly kind: 'end' };

export interface XzAnswer {
  /** The data of a chunk, the sum of a block at its end; undefined when the chunk is damaged. */
  readonly bytes: Uint8Array | undefined;
}

/** Unpacks the blocks of one .xz file, since that would keep everybody else waiting here. */
export interface XzThread extends AsyncDisposable {
  /** @throws DomainError `UnsupportedMediaType` */
  ask(order: XzOrder): Promise<Uint8Array>;
}

export function xzThread(): XzThread {
  const worker = new Worker(new URL('./xz-worker.js', import.meta.url));
  function tell(order: XzOrder): void {
    if (order.kind !== 'chunk') {
      worker.postMessage(order);
      return;
    }
    // Of what is but a part of some memory, the thread would be given a copy of all that memory.
    const packed = new Uint8Array(order.packed);
    worker.postMessage({ ...order, packed }, [packed.buffer]);
  }

  return {
    async ask(order) {
      const answered = once(worker, 'message');
      tell(order);
      const [{ bytes }] = (await answered) as [XzAnswer];
      if (!bytes) throw damaged('it is damaged');
      return bytes;
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
