import { dataAddress, md5Code, stateAddress } from './md5-code.js';

/** Bytes that are taken of each stream at a time: they stay in the fastest cache. */
const pieceSize = 16 * 1024;

const blockSize = 64;

/** The most streams that go at once. */
export const laneCount = 4;

/**
 * The MD5 of one stream, as far as it has come.
 *
 * @typedef {object} Md5State
 * @property {Uint32Array} words
 * @property {number} length bytes, with those of the tail
 * @property {Uint8Array} tail
 */

/** @returns {Md5State} of no data */
export function newMd5() {
  const words = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476);
  return { words, length: 0, tail: new Uint8Array(0) };
}

/** Computes MD5 of several streams at once; see md5-code.js. */
export function md5Lanes() {
  const { memory, one, four } = md5Code();
  const bytes = new Uint8Array(memory.buffer);
  const state = new Uint32Array(memory.buffer, stateAddress, 4 * laneCount);
  const addresses = /** @type {const} */ ([0, 1, 2, 3]).map(
    (lane) => dataAddress + lane * pieceSize,
  );
  const [a = 0, b = 0, c = 0, d = 0] = addresses;

  /**
   * @param {Md5State} stream
   * @param {Uint8Array} blocks whole ones, at most a piece, at least one
   */
  function takeOne(stream, blocks) {
    state.set(stream.words);
    bytes.set(blocks, dataAddress);
    one(dataAddress, blocks.length / blockSize);
    stream.words.set(state.subarray(0, 4));
    stream.length += blocks.length;
  }

  /**
   * @param {Md5State} stream
   * @param {Uint8Array} data
   */
  function append(stream, data) {
    let rest = data;
    if (stream.tail.length > 0) {
      const added = rest.subarray(0, blockSize - stream.tail.length);
      const block = Buffer.concat([stream.tail, added]);
      rest = rest.subarray(added.length);
      stream.length += added.length;
      stream.tail = block;
      if (block.length < blockSize) return;
      stream.tail = new Uint8Array(0);
      stream.length -= blockSize;
      takeOne(stream, block);
    }
    for (; rest.length >= blockSize; ) {
      const piece = rest.subarray(0, Math.min(pieceSize, rest.length - (rest.length % blockSize)));
      takeOne(stream, piece);
      rest = rest.subarray(piece.length);
    }
    stream.tail = Uint8Array.from(rest);
    stream.length += rest.length;
  }

  return {
    append,

    /**
     * Whether data can go together with that of others.
     *
     * @param {Md5State} stream
     * @param {Uint8Array} data
     */
    fits: (stream, data) => stream.tail.length === 0 && data.length >= blockSize,

    /**
     * Takes as many bytes of each of two to four streams as all of them have in whole blocks, up to a piece. All must fit.
     *
     * @param {readonly { readonly stream: Md5State, readonly data: Uint8Array }[]} streams
     * @returns {number} the bytes taken of each
     */
    appendTogether(streams) {
      const least = Math.min(pieceSize, ...streams.map(({ data }) => data.length));
      const length = least - (least % blockSize);
      if (length === 0) return 0;
      for (const [lane, { stream, data }] of streams.entries()) {
        for (const [n, word] of stream.words.entries()) state[n * laneCount + lane] = word;
        bytes.set(data.subarray(0, length), addresses[lane]);
      }
      // What a lane without a stream computes is nobody's.
      four(a, b, c, d, length / blockSize);
      for (const [lane, { stream }] of streams.entries()) {
        for (const n of stream.words.keys()) stream.words[n] = state[n * laneCount + lane] ?? 0;
        stream.length += length;
      }
      return length;
    },

    /**
     * @param {Md5State} stream takes no more data afterwards
     * @returns {string} lower-case hex
     */
    digest(stream) {
      const { length, tail } = stream;
      const end = Buffer.alloc(tail.length < blockSize - 8 ? blockSize : 2 * blockSize);
      end[tail.length] = 0x80;
      end.set(tail);
      end.writeBigUInt64LE((BigInt(length) * 8n) & 0xffff_ffff_ffff_ffffn, end.length - 8);
      stream.tail = new Uint8Array(0);
      takeOne(stream, end);
      return Buffer.from(Uint8Array.from(new Uint8Array(stream.words.buffer))).toString('hex');
    },
  };
}
