import { crc32 } from 'node:zlib';
import { ChunkSumming, chunkSize } from './chunk-summing.js';
import type { SharedLooks } from './shared-looks.ts';
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
  /** Shared with others who read. */
  readonly looks: SharedLooks;
}

/** Chunks for which nobody asked, as long as they are looked at. */
const idle: Buffer[] = [];
const keptIdle = 4;

/** Lets `take` have what lies from `from` to `end`, which is no more than a chunk; false when it is not there. */
async function readPart(
  reader: StoredReader,
  { from, end, take }: { from: number; end: number; take: (bytes: Uint8Array) => void },
): Promise<boolean> {
  const buffer = idle.pop() ?? Buffer.allocUnsafeSlow(chunkSize);
  const bytes = buffer.subarray(0, end - from);
  const isWhole = (await reader.read(bytes, from)) === bytes.length;
  if (isWhole) take(bytes);
  // Not after a failure: the system may still be reading into it.
  if (idle.length < keptIdle) idle.push(buffer);
  return isWhole;
}

/**
 * Reads what `reader` reads, and refuses what is not as it was put: `read` before it returns the last bytes of such a chunk,
 * `verify` for a chunk that is read in part. Whoever holds the last bytes back until `verify` resolves passes nothing
 * whole on that is not.
 *
 * Whoever takes bytes from the descriptor asks `vouchFor` for them first; `read` then does not look at them again.
 * Reads are in order, one at a time, those that `vouchFor` makes apart.
 */
export function verifiedReader(
  reader: StoredReader,
  { sums, onDamage, looks }: VerifiedOptions,
): StoredReader {
  const { size } = reader;
  const expected = new DataView(sums.buffer, sums.byteOffset, sums.byteLength);
  /** Up to where the chunk at hand is summed up, and its checksum so far. */
  let [position, sum] = [0, 0];
  /** What was vouched for last, its end exclusive. */
  let [vouchedFrom, vouchedTo] = [0, 0];

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
    check(Math.floor((position - 1) / chunkSize), sum);
    sum = 0;
  }

  function check(chunk: number, found: number): void {
    if (expected.getUint32(chunk * sumSize, true) !== found) refuse(chunk * chunkSize);
  }

  function checkSize(): void {
    if (sums.length !== Math.ceil(size / chunkSize) * sumSize) refuse(0);
  }

  /** Sums up from the position at hand to `end`, without anybody asking for the bytes. */
  async function skipTo(end: number): Promise<void> {
    if (position < end) await withPart(position, end, add);
  }

  async function look(start: number, end: number): Promise<void> {
    await withPart(start, end, (bytes) => check(start / chunkSize, crc32(bytes)));
  }

  async function withPart(from: number, end: number, take: (bytes: Uint8Array) => void) {
    if (!(await readPart(reader, { from, end, take }))) refuse(from);
  }

  return {
    ...reader,

    async read(buffer, from) {
      if (vouchedFrom <= from && from + buffer.length <= vouchedTo) {
        return await reader.read(buffer, from);
      }
      checkSize();
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

    async vouchFor(from) {
      checkSize();
      const start = from - (from % chunkSize);
      const end = Math.min(size, start + chunkSize);
      const { version } = reader;
      if (version === undefined) await look(start, end);
      else await looks.at(`${version} ${start}`, () => look(start, end));
      if (start !== vouchedTo) vouchedFrom = start;
      vouchedTo = end;
      return end;
    },

    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}
