import { createHash } from 'node:crypto';
import { laneCount, md5Lanes, newMd5 } from './md5-lanes.js';

/** @import { Hash } from 'node:crypto' */
/** @import { HashAnswer, HashOrder } from './hash-thread.ts' */
/** @import { Md5State } from './md5-lanes.js' */

/**
 * Milliseconds that data waits for data of other uploads, to be hashed with it: less than the slots of an upload
 * hold, so that its sender does not notice.
 */
const patience = 20;

/**
 * @typedef {object} Piece
 * @property {number} number of the order
 * @property {Uint8Array} data what is left of it
 */

/**
 * @typedef {object} Upload
 * @property {SharedArrayBuffer} memory
 * @property {Hash | undefined} hash set when it is hashed alone
 * @property {Md5State | undefined} stream set when it is hashed with others
 * @property {Piece[]} pieces yet to be hashed
 */

/** @typedef {{ readonly upload: Upload, readonly stream: Md5State, readonly piece: Piece }} Ready */

/**
 * MD5 of uploads, of several at once where there are several: that takes a third of the time. An upload that is
 * alone when its first data has come is hashed by node:crypto, which for one is the fastest.
 */
export class LaneHashing {
  #lanes = md5Lanes();
  /** @type {Map<number, Upload>} */
  #uploads = new Map();
  #isWaiting = false;
  /** @type {(answer: HashAnswer) => void} */
  #tell;

  /** @param {(answer: HashAnswer) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {HashOrder} order */
  take(order) {
    const upload = this.#uploads.get(order.upload);
    switch (order.kind) {
      case 'begin': {
        const { memory } = order;
        this.#uploads.set(order.upload, { memory, hash: undefined, stream: undefined, pieces: [] });
        return;
      }
      case 'update': {
        const { number, offset, length } = order;
        // An upload that this thread does not know was begun in one that died.
        if (!upload) this.#tell({ number, known: false });
        else this.#update(upload, { number, data: new Uint8Array(upload.memory, offset, length) });
        return;
      }
      case 'digest': {
        const digest = upload && this.#digest(upload);
        this.#tell({ number: order.number, known: upload !== undefined, digest });
        return;
      }
      case 'forget':
        // Nobody reads its memory any more: it may be given to others.
        for (const { number } of upload?.pieces ?? []) this.#tell({ number, known: false });
        this.#uploads.delete(order.upload);
        return;
      case 'sums':
        throw new TypeError('The thread for SHA-512 alone sums up chunks.');
    }
  }

  /**
   * @param {Upload} upload
   * @param {Piece} piece
   */
  #update(upload, piece) {
    if (upload.hash) {
      upload.hash.update(piece.data);
      this.#tell({ number: piece.number, known: true });
      return;
    }
    upload.pieces.push(piece);
    if (upload.stream) this.#hashOrWait();
    // Others that begin at the same time may not be here yet.
    else this.#wait();
  }

  /** @param {Upload} upload of which all has come */
  #digest(upload) {
    if (!upload.hash && !upload.stream) this.#choose(upload);
    const { hash, stream, pieces } = upload;
    if (!stream) return hash?.digest('hex');
    for (const { number, data } of pieces.splice(0)) {
      this.#lanes.append(stream, data);
      this.#tell({ number, known: true });
    }
    return this.#lanes.digest(stream);
  }

  /** @param {Upload} upload whose first data is there */
  #choose(upload) {
    if (this.#uploads.size > 1) {
      upload.stream = newMd5();
      return;
    }
    const hash = createHash('md5');
    upload.hash = hash;
    for (const { number, data } of upload.pieces.splice(0)) {
      hash.update(data);
      this.#tell({ number, known: true });
    }
  }

  #wait() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    setTimeout(() => {
      this.#isWaiting = false;
      for (const upload of this.#uploads.values()) {
        if (upload.pieces.length > 0 && !upload.stream) this.#choose(upload);
      }
      this.#hashAll(1);
    }, patience);
  }

  #hashOrWait() {
    const together = this.#uploads.values().filter(({ stream }) => stream !== undefined);
    this.#hashAll(Math.min(laneCount, together.toArray().length));
    // The rest is what others may still come for.
    if (this.#ready().length > 0) this.#wait();
  }

  /**
   * Hashes as long as so many uploads have data, or as many as there are lanes.
   *
   * @param {number} atLeast
   */
  #hashAll(atLeast) {
    for (let ready = this.#ready(); ready.length >= atLeast; ready = this.#ready()) {
      this.#hashSome(ready);
    }
  }

  /** @returns {Ready[]} as many as there are lanes at most */
  #ready() {
    const found = [];
    for (const upload of this.#uploads.values()) {
      const [piece] = upload.pieces;
      if (piece && upload.stream) found.push({ upload, stream: upload.stream, piece });
      if (found.length === laneCount) break;
    }
    return found;
  }

  /**
   * Hashes some of what is ready; what does not go with others goes by itself.
   *
   * @param {readonly Ready[]} ready
   */
  #hashSome(ready) {
    const odd = ready.find(({ stream, piece }) => !this.#lanes.fits(stream, piece.data));
    const alone = odd ?? (ready.length === 1 ? ready[0] : undefined);
    if (alone) {
      this.#lanes.append(alone.stream, alone.piece.data);
      this.#endPiece(alone.upload);
      return;
    }
    const streams = ready.map(({ stream, piece: { data } }) => ({ stream, data }));
    const taken = this.#lanes.appendTogether(streams);
    for (const { upload, piece } of ready) {
      piece.data = piece.data.subarray(taken);
      if (piece.data.length === 0) this.#endPiece(upload);
    }
  }

  /** @param {Upload} upload */
  #endPiece(upload) {
    const piece = upload.pieces.shift();
    if (piece) this.#tell({ number: piece.number, known: true });
  }
}
