import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { StoredReader } from '../../src/store/store.ts';

/** Bytes as a socket gives them: in pieces that fit no buffer of ours. */
export function* pieces(bytes: Uint8Array, size = 65_521): Generator<Uint8Array> {
  for (let first = 0; first < bytes.length; first += size) {
    yield bytes.subarray(first, first + size);
  }
}

/** A stream of `bytes`. */
export function sourceOf(bytes: Uint8Array): Readable {
  return Readable.from(pieces(bytes), { objectMode: false });
}

/** Bytes that compare unequal to any other such bytes. */
export function someBytes(size: number): Uint8Array {
  return randomBytes(size);
}

/** Lower-case hex. */
export function hashOf(algorithm: 'md5' | 'sha512', bytes: Uint8Array): string {
  return createHash(algorithm).update(bytes).digest('hex');
}

/** All that a reader has, read in one go. */
export async function allOf(reader: StoredReader): Promise<Uint8Array> {
  const buffer = Buffer.alloc(reader.size);
  const length = await reader.read(buffer, 0);
  return buffer.subarray(0, length);
}
