// JavaScript, since hash threads load it: see hash-worker.js.
import { crc32 } from 'node:zlib';

/** Bytes of data that one checksum is of; the last chunk may have less. */
export const chunkSize = 1024 * 1024;

/** Takes data as it comes, in pieces of any size, and sums up its chunks. */
export class ChunkSumming {
  /** @type {number[]} */
  #whole = [];
  #sum = 0;
  #size = 0;

  /** @param {Uint8Array} bytes the next ones */
  add(bytes) {
    for (let done = 0; done < bytes.length; ) {
      const part = bytes.subarray(done, done + chunkSize - (this.#size % chunkSize));
      this.#sum = crc32(part, this.#sum);
      this.#size += part.length;
      done += part.length;
      if (this.#size % chunkSize === 0) this.#endChunk();
    }
  }

  /** The checksums of all chunks, four bytes each, the least significant first; nothing may be added any more. */
  end() {
    if (this.#size % chunkSize !== 0) this.#endChunk();
    const bytes = Buffer.alloc(this.#whole.length * 4);
    for (const [index, sum] of this.#whole.entries()) bytes.writeUInt32LE(sum, index * 4);
    return bytes;
  }

  #endChunk() {
    this.#whole.push(this.#sum);
    this.#sum = 0;
  }
}
