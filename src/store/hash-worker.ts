import { createHash, type Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { HashAnswer, HashOrder } from './hash-thread.ts';

interface Upload {
  readonly hash: Hash;
  readonly memory: SharedArrayBuffer;
}

const uploads = new Map<number, Upload>();

/** An upload that this thread does not know was begun in one that died: its digest cannot be had any more. */
function answer(order: HashOrder, upload: Upload | undefined): HashAnswer | undefined {
  switch (order.kind) {
    case 'begin':
      uploads.set(order.upload, { hash: createHash(workerData), memory: order.memory });
      return undefined;
    case 'update':
      upload?.hash.update(new Uint8Array(upload.memory, order.offset, order.length));
      return { known: upload !== undefined };
    case 'digest':
      return upload ? { known: true, digest: upload.hash.digest('hex') } : { known: false };
    case 'forget':
      uploads.delete(order.upload);
      return undefined;
  }
}

parentPort?.on('message', (order: HashOrder) => {
  const answered = answer(order, uploads.get(order.upload));
  if (answered) parentPort?.postMessage(answered);
});
