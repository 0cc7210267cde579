import type { Readable } from 'node:stream';
import { DomainError } from '../../domain/errors.ts';

/** Data from its beginning to its end, in whatever portions are wanted of it. */
export interface Pieces {
  /** Bytes given out so far. */
  readonly taken: number;
  /** Some bytes, as they came; undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** So many bytes. @throws DomainError `UnsupportedMediaType` where the data ends before */
  take(count: number): Promise<Uint8Array>;
  /** As many bytes, or fewer where the data ends. */
  upTo(count: number): Promise<Uint8Array>;
  /** Whether there is nothing more; nothing is taken. */
  isAtEnd(): Promise<boolean>;
  /** Takes back what was too much. */
  putBack(bytes: Uint8Array): void;
}

const nothing = new Uint8Array(0);

export function piecesOf(data: Readable): Pieces {
  const source: AsyncIterator<Uint8Array> = data[Symbol.asyncIterator]();
  let rest: Uint8Array = nothing;
  let taken = 0;

  async function some(): Promise<Uint8Array | undefined> {
    while (rest.length === 0) {
      const { done, value } = await source.next();
      if (done) return undefined;
      rest = value;
    }
    return rest;
  }

  async function upTo(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let length = 0; length < count; ) {
      const piece = await some();
      if (!piece) break;
      const part = piece.subarray(0, count - length);
      rest = piece.subarray(part.length);
      length += part.length;
      parts.push(part);
    }
    const bytes = parts.length === 1 ? (parts[0] ?? nothing) : Buffer.concat(parts);
    taken += bytes.length;
    return bytes;
  }

  return {
    get taken() {
      return taken;
    },

    async next() {
      const piece = await some();
      rest = nothing;
      taken += piece?.length ?? 0;
      return piece;
    },

    upTo,

    async take(count) {
      const bytes = await upTo(count);
      if (bytes.length < count) throw damaged('it is cut off');
      return bytes;
    },

    isAtEnd: async () => (await some()) === undefined,

    putBack(bytes) {
      taken -= bytes.length;
      rest = rest.length === 0 ? bytes : Buffer.concat([bytes, rest]);
    },
  };
}

/** @param reason a sentence without its full stop */
export function damaged(reason: string): DomainError {
  return new DomainError('UnsupportedMediaType', `The packed data cannot be unpacked: ${reason}.`);
}
