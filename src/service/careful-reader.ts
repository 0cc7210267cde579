import type { ImageLocation } from '../domain/location.ts';
import { chunkSize } from '../store/chunk-summing.js';
import { type ChunkSums, sumsOf } from '../store/chunk-sums.ts';
import { type StoredReader, StoreError } from '../store/store.ts';
import type { Stores } from '../store/stores.ts';

export interface CarefulOptions {
  readonly stores: Stores;
  /** The copies, in the order in which they are to be tried. */
  readonly locations: readonly ImageLocation[];
  /** Bytes. */
  readonly size: number;
  readonly sums: ChunkSums;
  /** Told of the byte at which a chunk begins that no copy has as it was. */
  readonly onDamage: (position: number) => void;
}

/**
 * Reads data of which some copy is damaged: each chunk is read whole, and passed on from the first copy that has it as
 * it was put. Holds a chunk in memory, which a reader of one copy need not.
 */
export function carefulReader(options: CarefulOptions): StoredReader {
  const { stores, size, sums, onDamage } = options;
  const expected = Buffer.from(sums);
  const opened = new Map<ImageLocation, Promise<StoredReader | undefined>>();
  let order = options.locations;
  let held: { readonly index: number; readonly bytes: Buffer } | undefined;

  function open(location: ImageLocation): Promise<StoredReader | undefined> {
    const known = opened.get(location);
    if (known) return known;
    const opening = unlessFailed(async () => await stores.of(location)?.store.open(location.url));
    opened.set(location, opening);
    return opening;
  }

  async function readFrom(location: ImageLocation, index: number): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafe(Math.min(chunkSize, size - index * chunkSize));
    const filled = await unlessFailed(async () =>
      (await open(location))?.read(bytes, index * chunkSize),
    );
    const isWhole =
      filled === bytes.length && expected.subarray(index * 4, index * 4 + 4).equals(sumsOf(bytes));
    return isWhole ? bytes : undefined;
  }

  async function chunk(index: number): Promise<Buffer> {
    if (held?.index === index) return held.bytes;
    for (const location of order) {
      const bytes = await readFrom(location, index);
      if (!bytes) continue;
      // The next chunk is most likely to be whole where this one is.
      order = [location, ...order.filter((one) => one !== location)];
      held = { index, bytes };
      return bytes;
    }
    onDamage(index * chunkSize);
    const text = `No copy has what was stored at ${index * chunkSize}.`;
    throw new StoreError('Damaged', text);
  }

  return {
    size,

    async read(buffer, position) {
      let filled = 0;
      while (filled < buffer.length && position + filled < size) {
        const at = position + filled;
        const bytes = await chunk(Math.floor(at / chunkSize));
        const start = at % chunkSize;
        const length = Math.min(buffer.length - filled, bytes.length - start);
        buffer.set(bytes.subarray(start, start + length), filled);
        filled += length;
      }
      return filled;
    },

    async [Symbol.asyncDispose]() {
      for (const opening of opened.values()) await (await opening)?.[Symbol.asyncDispose]();
    },
  };
}

/** A copy that fails is as one that is not there. */
async function unlessFailed<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof StoreError) return undefined;
    throw cause;
  }
}
