// JavaScript, since a thread that reads TypeScript loads a compiler of its own: 11 MiB each.
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { ChunkSumming } from './chunk-summing.js';
import { LaneHashing } from './lane-hashing.js';

/** @import { Hash } from 'node:crypto' */
/** @import { HashAnswer, HashOrder } from './hash-thread.ts' */

/** @typedef {(answer: HashAnswer) => void} Tell */
/** @typedef {{ readonly hash: Hash, readonly sums: ChunkSumming, readonly memory: SharedArrayBuffer }} Upload */

/**
 * Hashes each upload by itself, as soon as its data is there.
 *
 * @param {Tell} tell
 * @returns {(order: HashOrder) => void}
 */
function plainHashing(tell) {
  /** @type {Map<number, Upload>} */
  const uploads = new Map();

  return (order) => {
    const upload = uploads.get(order.upload);
    switch (order.kind) {
      case 'begin':
        uploads.set(order.upload, {
          hash: createHash(workerData),
          sums: new ChunkSumming(),
          memory: order.memory,
        });
        return;
      case 'update':
        if (upload) {
          const bytes = new Uint8Array(upload.memory, order.offset, order.length);
          upload.hash.update(bytes);
          upload.sums.add(bytes);
        }
        // An upload that this thread does not know was begun in one that died: its digest cannot be had any more.
        tell({ number: order.number, known: upload !== undefined });
        return;
      case 'digest':
        tell({
          number: order.number,
          known: upload !== undefined,
          digest: upload?.hash.digest('hex'),
        });
        return;
      case 'sums':
        tell({
          number: order.number,
          known: upload !== undefined,
          digest: upload?.sums.end().toString('hex'),
        });
        return;
      case 'forget':
        uploads.delete(order.upload);
    }
  };
}

/**
 * @param {Tell} tell
 * @returns {(order: HashOrder) => void}
 */
function md5Hashing(tell) {
  const hashing = new LaneHashing(tell);
  return (order) => hashing.take(order);
}

/** @type {Tell} */
const tell = (answer) => parentPort?.postMessage(answer);
const take = workerData === 'md5' ? md5Hashing(tell) : plainHashing(tell);

parentPort?.on('message', take);
