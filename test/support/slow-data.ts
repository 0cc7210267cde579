import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Bytes that follow from `seed` alone, and differ for every seed. */
export function seededBytes(seed: string, size: number): Buffer {
  // The generator's output is as long as is asked for, unlike that of a hash.
  return createHash('shake256', { outputLength: size }).update(seed).digest();
}

/** A number from 0 (inclusive) to 1 (exclusive) that follows from `seed` alone. */
export function seededFraction(seed: string): number {
  return seededBytes(seed, 6).readUIntBE(0, 6) / 2 ** 48;
}

/** Writes `data` as fast as the other side takes it. */
export async function writeAll(target: Writable, data: Uint8Array): Promise<void> {
  for (let first = 0; first < data.length; first += 65_536) {
    if (!target.write(data.subarray(first, first + 65_536))) await once(target, 'drain');
  }
}
