import { type Digests, digestsOf, type Hashers, type Hashing } from './hashing.ts';
import { releaseRing, takeRing } from './ring.ts';
import type { SourceReader } from './source-reader.ts';
import type { DataCheck } from './store.ts';

/**
 * Bytes below which data is hashed where it came in: asking another thread would cost more, and a
 * ring of slots would be mostly empty.
 */
const inlineSize = 256 * 1024;

/** Takes data from its start to its end. */
export interface DataWriter {
  /** Appends `bytes`, which must stay untouched until the promise settles. @throws StoreError `Full` `Unavailable`. */
  append(bytes: Uint8Array): Promise<void>;
  /** Returns once all bytes are on stable storage. @throws StoreError `Full` `Unavailable`. */
  sync(): Promise<void>;
}

export interface ReceiveOptions {
  readonly source: SourceReader;
  readonly writer: DataWriter;
  readonly hashers: Hashers;
  /** Asked before more bytes are written, with all that came in. */
  readonly admit?: ((size: number) => Promise<void>) | undefined;
  readonly check?: DataCheck | undefined;
  /** Called when a slot could not be written or hashed, so that the wait for more data can end. */
  readonly onFailure: (error: unknown) => void;
}

/** What came in. */
export interface Received extends Digests {
  /** Bytes. */
  readonly size: number;
}

/** Writes all of the source to stable storage, hashing it on the way. Memory does not grow with the data. */
export async function receive(options: ReceiveOptions): Promise<Received> {
  const head = new Uint8Array(new ArrayBuffer(inlineSize));
  const size = await options.source.fill(head);
  if (size === inlineSize) return receiveLarge(head, options);

  const data = head.subarray(0, size);
  await options.admit?.(size);
  options.check?.read(data);
  options.check?.end(size);
  const written = options.writer.append(data);
  const digests = digestsOf(data);
  await written;
  await options.writer.sync();
  return { size, ...digests };
}

/** Fills slots in turn; each is written and hashed while the next ones fill. */
async function receiveLarge(
  head: Uint8Array<ArrayBuffer>,
  { source, writer, hashers, admit, check, onFailure }: ReceiveOptions,
): Promise<Received> {
  const ring = takeRing();
  const uses = ring.slots.map(() => Promise.resolve());
  const hashing = hashers.begin(ring.memory);

  async function fillSlots(): Promise<number> {
    for (let size = 0, turn = 0; ; turn += 1) {
      const slot = turn % ring.slots.length;
      await uses[slot];
      const bytes = ring.slots[slot] ?? head;
      const given = turn === 0 ? moveHead(head, bytes) : 0;
      const length = given + (await source.fill(bytes.subarray(given)));
      size += length;
      await admit?.(size);
      check?.read(bytes.subarray(0, length));
      const use = useSlot(bytes.subarray(0, length), { writer, hashing });
      use.catch(onFailure);
      uses[slot] = use;
      if (length < ring.slotSize) return size;
    }
  }

  try {
    const size = await fillSlots();
    check?.end(size);
    // Asked at once, so that what is hashed last waits for no other data.
    const [digests] = await Promise.all([
      hashing.digests(),
      Promise.all(uses).then(() => writer.sync()),
    ]);
    return { size, ...digests };
  } finally {
    await Promise.allSettled(uses);
    hashing[Symbol.dispose]();
    releaseRing(ring);
  }
}

/** Copies the head into a slot and gives its memory back, which else stays for as long as the upload takes. */
function moveHead(head: Uint8Array<ArrayBuffer>, slot: Uint8Array): number {
  const { length } = head;
  slot.set(head);
  head.buffer.transfer(0);
  return length;
}

/** Settles only when nobody reads the slot any more, also when one of its readers failed. */
async function useSlot(
  bytes: Uint8Array,
  { writer, hashing }: { readonly writer: DataWriter; readonly hashing: Hashing },
): Promise<void> {
  const readers = await Promise.allSettled([
    writer.append(bytes),
    hashing.update(bytes.byteOffset, bytes.length),
  ]);
  for (const reader of readers) {
    if (reader.status === 'rejected') throw reader.reason;
  }
}
