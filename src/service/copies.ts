import { Readable } from 'node:stream';
import type { ImageLocation } from '../domain/location.ts';
import { shown } from '../store/http-reader.ts';
import { type StoredReader, StoreError } from '../store/store.ts';
import type { Stores } from '../store/stores.ts';

/**
 * Opens the first copy that can be opened. While it is read, another one takes over where it fails.
 *
 * @param locations in the order in which they are to be tried
 * @param size bytes that a copy which others keep must have; it may have been replaced
 * @throws StoreError of the first copy when none can be opened
 */
export async function openFirst(
  stores: Stores,
  locations: readonly ImageLocation[],
  size?: number | null,
): Promise<StoredReader> {
  const opened = await openNext(stores, locations, size);
  return opened.rest.length === 0 ? opened.reader : relay(stores, opened);
}

interface Opened {
  readonly reader: StoredReader;
  /** The copies that have not been tried. */
  readonly rest: readonly ImageLocation[];
}

async function openNext(
  stores: Stores,
  locations: readonly ImageLocation[],
  size: number | null | undefined,
): Promise<Opened> {
  let failure: unknown;
  for (const [index, location] of locations.entries()) {
    try {
      const found = stores.of(location);
      if (!found) throw new StoreError('NotFound', `No store ${location.store ?? ''} is set up.`);
      const reader = await found.store.open(location.url);
      if (found.type === 'http' && typeof size === 'number' && reader.size !== size) {
        await reader[Symbol.asyncDispose]();
        const text = `What is at ${shown(location.url)} has ${reader.size} bytes instead of ${size}.`;
        throw new StoreError('Damaged', text);
      }
      return { reader, rest: locations.slice(index + 1) };
    } catch (cause) {
      failure ??= cause;
      if (!(cause instanceof StoreError)) throw cause;
    }
  }
  throw failure;
}

/** Reads on from the next copy when one fails; all copies are the same, and as large. */
function relay(stores: Stores, first: Opened): StoredReader {
  let { reader, rest } = first;
  const { size } = reader;
  return {
    size,

    async read(buffer, position) {
      for (;;) {
        try {
          return await reader.read(buffer, position);
        } catch (cause) {
          if (!(cause instanceof StoreError) || rest.length === 0) throw cause;
          const next = await openNext(stores, rest, size).catch(() => Promise.reject(cause));
          await reader[Symbol.asyncDispose]();
          ({ reader, rest } = next);
          if (reader.size !== size) throw cause;
        }
      }
    },

    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

/** The copies in the order of their stores' weights, the largest first. */
export function byWeight(
  stores: Stores,
  locations: readonly ImageLocation[],
): readonly ImageLocation[] {
  if (locations.length < 2) return locations;
  const weightOf = (location: ImageLocation) => stores.of(location)?.weight ?? 0;
  return locations.toSorted((a, b) => weightOf(b) - weightOf(a));
}

/** Bytes read at a time to be put elsewhere. */
const pieceSize = 1024 * 1024;

/**
 * The data of a reader, from its beginning to its end.
 *
 * @param onBytes told how many bytes have been read in all
 */
export function dataOf(reader: StoredReader, onBytes: (size: number) => void): Readable {
  async function* pieces() {
    for (let position = 0; position < reader.size; ) {
      const piece = Buffer.allocUnsafe(Math.min(pieceSize, reader.size - position));
      const length = await reader.read(piece, position);
      if (length === 0) throw new StoreError('Unavailable', 'The data ends before its end.');
      position += length;
      onBytes(position);
      yield piece.subarray(0, length);
    }
  }
  return Readable.from(pieces(), { objectMode: false, highWaterMark: pieceSize });
}
