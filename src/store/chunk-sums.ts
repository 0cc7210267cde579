import { crc32 } from 'node:zlib';
import { ChunkSumming, chunkSize } from './chunk-summing.js';
import { type StoredReader, StoreError } from './store.ts';

/** Bytes of one checksum. */
const sumSize = 4;

/**
 * CRC-32 of each chunk of some data, four bytes each, the least significant first. Data whose size is no whole number of
 * chunks has a shorter one at its end; data without bytes has none.
 *
 * CRC-32C would do as well, but Node computes this one by itself, ten times as fast as code here could the other.
 */
export type ChunkSums = Uint8Array;

/** The checksums of data that is at hand. */
export function sumsOf(data: Uint8Array): ChunkSums {
  const summing = new ChunkSumming();
  summing.add(data);
  return summing.end();
}

export interface VerifiedOptions {
  readonly sums: ChunkSums;
  /** Told of the byte at which a chunk begins that is not what was put. */
  readonly onDamage: (position: number) => void;
}

/**
 * Reads what `reader` reads, and refuses what is not as it was put: `read` before it returns the last bytes of such a chunk,
 * `verify` for a chunk that is read in part. Whoever holds the last bytes back until `verify` resolves passes nothing
 * whole on that is not.
 *
 * It has no descriptor: what goes past it would not be looked at. Reads are in order, one at a time.
 */
export function verifiedReader(
  reader: StoredReader,
  { sums, onDamage }: VerifiedOptions,
): StoredReader {
  const { descriptor: _, ...rest } = reader;
  const { size } = reader;
  const expected = new DataView(sums.buffer, sums.byteOffset, sums.byteLength);
  /** Up to where the chunk at hand is summed up, and its checksum so far. */
  let [position, sum] = [0, 0];

  function refuse(at: number): never {
    onDamage(at);
    throw new StoreError('Damaged', `The data at ${at} is not what was stored there.`);
  }

  function add(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const part = bytes.subarray(done, done + chunkSize - (position % chunkSize));
      sum = crc32(part, sum);
      position += part.length;
      done += part.length;
      if (position % chunkSize === 0 || position === size) endChunk();
    }
  }

  function endChunk(): void {
    const chunk = Math.floor((position - 1) / chunkSize);
    if (expected.getUint32(chunk * sumSize, true) !== sum) refuse(chunk * chunkSize);
    sum = 0;
  }

  /** Sums up from the position at hand to `end`, without anybody asking for the bytes. */
  async function skipTo(end: number): Promise<void> {
    const buffer = Buffer.allocUnsafe(Math.min(chunkSize, end - position));
    while (position < end) {
      const bytes = buffer.subarray(0, Math.min(buffer.length, end - position));
      if ((await reader.read(bytes, position)) < bytes.length) refuse(position);
      add(bytes);
    }
  }

  return {
    ...rest,

    async read(buffer, from) {
      if (sums.length !== Math.ceil(size / chunkSize) * sumSize) refuse(0);
      if (from !== position) {
        position = from - (from % chunkSize);
        sum = 0;
        if (from < size) await skipTo(from);
      }
      const filled = await reader.read(buffer, from);
      add(buffer.subarray(0, filled));
      return filled;
    },

    async verify() {
      if (position % chunkSize === 0) return;
      await skipTo(Math.min(size, position + chunkSize - (position % chunkSize)));
    },

    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
