import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { digestsOf, type Hashers } from '../hashing.ts';
import { type Received, receive } from '../receive.ts';
import { sourceReader } from '../source-reader.ts';
import { type PutOptions, StoreError } from '../store.ts';
import { isExists, ObjectServerFailure } from './failure.ts';
import type { ObjectBytes, ObjectServer, ObjectUpload, PartedUpload } from './object-server.ts';
import type { PartMemory } from './part-memory.ts';
import { partSizes } from './part-sizes.ts';
import { type Part, partWriter } from './part-writer.ts';
import { withRetries } from './retries.ts';

/** What an object store puts data with. */
export interface ObjectPutContext {
  readonly server: ObjectServer;
  readonly hashers: Hashers;
  readonly newMemory: () => PartMemory;
  /** Bytes of a part, unless the data is so large that there would be too many. */
  readonly partSize: number;
  /** Judges what came before it becomes an object: what it throws ends the put, which leaves nothing behind. */
  readonly accept?: ((received: Received) => void) | undefined;
  /** Lets one at a time make an image's object. */
  readonly inTurn: <T>(imageId: string, work: () => Promise<T>) => Promise<T>;
}

/** Bytes below which data is hashed at once: asking a thread would cost more. */
const inlineSize = 256 * 1024;

/** `Store.put` on an object server: parts come in unseen, and are made one object when all are there. */
export async function putObject(
  context: ObjectPutContext,
  imageId: string,
  data: Readable,
  options: PutOptions,
): Promise<Received> {
  const { server, newMemory, partSize } = context;
  const object = { imageId, upload: randomUUID() };
  const maxSize = Math.min(options.maxSize, server.maxSize);
  const { expectedSize, admit, check } = options;
  const failed = new AbortController();
  const onFailure = (error: unknown): void => failed.abort(error);
  const signal = AbortSignal.any([options.signal, failed.signal]);
  // Listening begins before the first wait, so that no error of the source is missed.
  using source = sourceReader(data, { maxSize, signal });
  signal.throwIfAborted();
  if (expectedSize !== undefined && expectedSize > maxSize) {
    throw new StoreError('TooLarge', `The data is larger than ${maxSize} bytes.`);
  }

  const parts = partedObject(context, object, signal);
  const sizeOf = partSizes({ partSize, maxParts: server.maxParts, maxSize, expectedSize });
  using memory = newMemory();
  try {
    await using writer = partWriter({ sizeOf, expectedSize, memory, send: parts.send, onFailure });
    const received = await receive({
      source,
      writer,
      hashers: context.hashers,
      admit,
      check,
      onFailure,
    });
    options.signal.throwIfAborted();
    context.accept?.(received);
    const whole = writer.whole();
    await publish(context, object, {
      size: received.size,
      make: whole ? await wholeObject(context, object, whole) : parts.complete,
    });
    await parts.end().catch(() => undefined);
    return received;
  } catch (error) {
    // What cannot be removed now goes with the next put of the image, or with the next sweep.
    await cleanUp(context, object, { parts, error }).catch(() => undefined);
    throw error;
  }
}

/** An object that is begun with its first part. */
interface PartedObject {
  readonly send: (part: Part) => Promise<void>;
  readonly complete: () => Promise<void>;
  readonly end: () => Promise<void>;
  readonly abort: () => Promise<void>;
}

function partedObject(
  { server, hashers }: ObjectPutContext,
  object: ObjectUpload,
  signal: AbortSignal,
): PartedObject {
  let begun: Promise<PartedUpload> | undefined;

  return {
    async send(part) {
      signal.throwIfAborted();
      begun ??= server.beginParts(object, signal);
      const upload = await begun;
      const bytes = await bytesOf(hashers, part);
      await withRetries(() => upload.putPart(part.number, bytes, signal), signal);
    },

    complete: async () => await (await begun)?.complete(),
    end: async () => await (await begun)?.end(),

    async abort() {
      const upload = await begun?.catch(() => undefined);
      // When it could not be begun, the server may have done so all the same.
      if (upload) await upload.abort();
      else if (begun) await server.discardParts(object.imageId);
    },
  };
}

async function wholeObject(
  { server, hashers }: ObjectPutContext,
  object: ObjectUpload,
  part: Part,
): Promise<() => Promise<void>> {
  const bytes = await bytesOf(hashers, part);
  return () => server.putWhole(object, bytes);
}

async function bytesOf(hashers: Hashers, { memory, length }: Part): Promise<ObjectBytes> {
  const bytes = Buffer.from(memory, 0, length);
  const md5 = length < inlineSize ? digestsOf(bytes).checksum : await hashers.md5(memory, length);
  return { bytes, md5 };
}

interface Publication {
  /** Bytes. */
  readonly size: number;
  /** Makes the object visible. */
  readonly make: () => Promise<void>;
}

/**
 * Makes the object visible, and makes sure that it is the one that was sent. An answer that got lost does not
 * matter: the object tells by whom it was made.
 *
 * @throws StoreError `Exists` when there is another's object: the server is asked in turn, and where it knows
 *   conditions it decides.
 */
async function publish(
  { server, inTurn }: ObjectPutContext,
  { imageId, upload }: ObjectUpload,
  { size, make }: Publication,
): Promise<void> {
  /** Whether the object is there. */
  async function isDone(): Promise<boolean> {
    const head = await server.head(imageId);
    if (!head) return false;
    if (head.upload !== upload) throw new StoreError('Exists', 'The image has data already.');
    if (head.size === size) return true;
    const text = `The server has ${head.size} bytes of the ${size} that were sent.`;
    throw new ObjectServerFailure('Unavailable', text);
  }

  async function attempt(): Promise<void> {
    if (await isDone()) return;
    await make().catch(async (error: unknown) => {
      // An earlier attempt may have been carried out meanwhile.
      if (!isExists(error) || !(await isDone())) throw error;
    });
    if (await isDone()) return;
    const text = 'The server does not show the object that it has made.';
    throw new ObjectServerFailure('Unavailable', text, { isPassing: true });
  }

  await inTurn(imageId, () => withRetries(attempt));
}

interface Failed {
  readonly parts: PartedObject;
  readonly error: unknown;
}

/** Removes what a failed put left on the server: its parts, and its object when that came to be after all. */
async function cleanUp(
  { server }: ObjectPutContext,
  { imageId, upload }: ObjectUpload,
  { parts, error }: Failed,
): Promise<void> {
  const remove = async () => {
    await parts.abort();
    const isOurs = (await server.head(imageId))?.upload === upload;
    if (isOurs) await server.delete(imageId);
  };
  // Nobody is made to wait for a server that does not answer.
  const isAway = error instanceof StoreError && error.code === 'Unavailable';
  await (isAway ? remove() : withRetries(remove));
}
