// JavaScript, since a thread that reads TypeScript loads a compiler of its own: 11 MiB each.
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

/** @import { Hash } from 'node:crypto' */
/** @import { HashAnswer, HashOrder } from './hash-thread.ts' */
/** @typedef {{ readonly hash: Hash, readonly memory: SharedArrayBuffer }} Upload */

/** @type {Map<number, Upload>} */
const uploads = new Map();

/**
 * An upload that this thread does not know was begun in one that died: its digest cannot be had any more.
 *
 * @param {HashOrder} order
 * @param {Upload | undefined} upload
 * @returns {HashAnswer | undefined}
 */
function answer(order, upload) {
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

parentPort?.on('message', (/** @type {HashOrder} */ order) => {
  const answered = answer(order, uploads.get(order.upload));
  if (answered) parentPort?.postMessage(answered);
});
