import { createHash } from 'node:crypto';
import { chunkSize } from '../store/chunk-summing.js';
import { type ChunkSums, sumsOf } from '../store/chunk-sums.ts';

/** What data is, be it what it was or not. */
export interface DataLook {
  /** Bytes. */
  readonly size: number;
  readonly sums: ChunkSums;
  /** Lower-case hex. */
  readonly sha512: string;
}

/** What data is to be; of what nobody knows nothing is asked. */
export interface WantedData {
  /** Bytes. */
  readonly size: number | undefined;
  readonly sums: ChunkSums | undefined;
  /** Lower-case hex. */
  readonly sha512: string | undefined;
}

/** Whatever bytes can be read from. */
export interface Readable {
  /** Bytes. */
  readonly size: number;
  read(buffer: Uint8Array, position: number): Promise<number>;
}

/** Reads everything. @param onChunk is given each chunk, and waited for */
export async function lookThrough(
  data: Readable,
  onChunk: (bytes: Uint8Array, position: number) => Promise<void>,
): Promise<DataLook> {
  const buffer = Buffer.allocUnsafe(chunkSize);
  const hash = createHash('sha512');
  const sums: Uint8Array[] = [];
  let position = 0;
  while (position < data.size) {
    const bytes = buffer.subarray(0, await data.read(buffer, position));
    if (bytes.length === 0) break;
    hash.update(bytes);
    sums.push(sumsOf(bytes));
    await onChunk(bytes, position);
    position += bytes.length;
  }
  return { size: position, sums: Buffer.concat(sums), sha512: hash.digest('hex') };
}

/** The byte from which on data is not what it is to be, as far as that is known; undefined when it is. */
export function differenceOf(wanted: WantedData, found: DataLook): number | undefined {
  const isWhole =
    (wanted.size === undefined || wanted.size === found.size) &&
    (wanted.sha512 === undefined
      ? wanted.sums === undefined || Buffer.compare(wanted.sums, found.sums) === 0
      : wanted.sha512 === found.sha512);
  return isWhole ? undefined : firstDifference(wanted.sums, found.sums);
}

function firstDifference(before: ChunkSums | undefined, now: ChunkSums): number {
  const at = before ? before.findIndex((byte, index) => byte !== now[index]) : 0;
  return Math.max(0, Math.floor(at / 4)) * chunkSize;
}
