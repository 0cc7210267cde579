import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { errno, onDisk } from './disk.ts';
import { checkFreeSpace, diskWriter } from './disk-writer.ts';
import { type FilePutContext, publish } from './file-put.ts';
import { type Digests, digestsOf } from './hashing.ts';
import type { ImagePath } from './image-paths.ts';
import { type Passage, passage } from './passage.ts';
import type { DataWriter } from './receive.ts';
import { type SourceReader, sourceReader } from './source-reader.ts';
import {
  type Appended,
  type AppendOptions,
  type DataCheck,
  type GrowOptions,
  type Growth,
  StoreError,
} from './store.ts';

/** After so many bytes, or so long (ms), what has come is brought to stable storage: a crash costs no more than that. */
const keepBytes = 64 * 1024 * 1024;
const keepTime = 5000;

/** Bytes below which data is hashed where it is: asking other threads would cost more. */
const inlineSize = 256 * 1024;

/** A file that grows, under the id of its data. */
export function growFile(
  context: FilePutContext,
  dataId: string,
  { size: begun, maxSize, check }: GrowOptions,
): Growth {
  const path = context.paths.of(dataId);
  const seen = begun === 0 && maxSize > inlineSize ? passage(context.hashers) : undefined;
  let size = begun;
  /** What failed half-way has been hashed and is not there. */
  let isSeen = seen !== undefined;

  return {
    get size() {
      return size;
    },

    get isSeen() {
      return isSeen;
    },

    async append(data, options) {
      const sees = isSeen;
      isSeen = false;
      const through = sees && seen ? seen : passage(undefined);
      try {
        const appended = await append(context, data, {
          ...options,
          path,
          through,
          from: size,
          maxSize,
          looks: [sees ? check : undefined, options.check].filter((one) => one !== undefined),
        });
        size = appended.size;
        isSeen = sees;
        return appended;
      } finally {
        if (through !== seen) await through[Symbol.asyncDispose]();
      }
    },

    async adopt(imageId, { check: fresh, signal }) {
      const look = fresh ?? check;
      const sees = isSeen;
      // Its hashes can be had once.
      isSeen = false;
      const digests =
        sees && seen && !fresh
          ? await seen.digests()
          : await readAgain(context, path, { size, check: look, signal });
      look.end(size);
      signal.throwIfAborted();
      const target = context.paths.of(imageId);
      await publish(context, path.file, target);
      return { location: context.paths.location(target), size, ...digests };
    },

    [Symbol.dispose]() {
      isSeen = false;
      void seen?.[Symbol.asyncDispose]();
    },
  };
}

interface Appending extends AppendOptions {
  readonly path: ImagePath;
  readonly through: Passage;
  /** Bytes that are there. */
  readonly from: number;
  readonly maxSize: number;
  readonly looks: readonly DataCheck[];
}

async function append(
  context: FilePutContext,
  data: Readable,
  { path, through, from, maxSize, looks, check, onKept, signal }: Appending,
): Promise<Appended> {
  const { disk, minFreeBytes } = context;
  const failed = new AbortController();
  // Listening begins before the first wait, so that no error of the source is missed.
  using source = sourceReader(data, {
    maxSize: maxSize - from,
    keepsCut: true,
    signal: AbortSignal.any([signal, failed.signal]),
  });
  const space = { disk, folder: path.folder, minFreeBytes };
  await context.folders.ensure(path.folder);
  await checkFreeSpace(space, maxSize - from);
  await using file = await openAt(context, path, from);
  const writer = diskWriter({ ...space, file, expectedSize: maxSize, start: from });
  const onFailure = (error: unknown): void => failed.abort(error);
  const keeper = keeping({ writer, onKept, onFailure, isOff: check !== undefined });
  const { size, cause } = await fill({ source, writer, through, from, looks, onFailure, keeper });
  await through.drained();
  if (cause !== undefined && check) throw cause;
  check?.end(size - from);
  await keeper.settled();
  await writer.sync();
  return { size, cause };
}

interface Filling {
  readonly source: SourceReader;
  readonly writer: DataWriter;
  readonly through: Passage;
  readonly from: number;
  readonly looks: readonly DataCheck[];
  readonly onFailure: (error: unknown) => void;
  readonly keeper: ReturnType<typeof keeping>;
}

/** Passes on what comes until it ends or fails; what came before a failure is passed on too. */
async function fill(filling: Filling): Promise<Appended> {
  const { source, writer, through, from, looks, onFailure, keeper } = filling;
  let size = from;
  for (;;) {
    const slot = await through.next();
    let length: number;
    try {
      length = await source.fill(slot);
    } catch (cause) {
      return { size, cause };
    }
    if (length === 0) return { size, cause: undefined };
    const bytes = slot.subarray(0, length);
    for (const look of looks) look.read(bytes);
    through.pass(bytes, (given) => writer.append(given), onFailure);
    size += length;
    keeper.keep(size);
  }
}

interface Keeping {
  readonly writer: DataWriter;
  readonly onKept: (size: number) => Promise<void>;
  readonly onFailure: (error: unknown) => void;
  readonly isOff: boolean;
}

/** Brings what has come to stable storage from time to time, while more is coming. */
function keeping({ writer, onKept, onFailure, isOff }: Keeping) {
  let running: Promise<void> | undefined;
  let kept = { size: 0, at: performance.now() };

  return {
    keep(size: number): void {
      kept.size ||= size;
      const isDue = size - kept.size >= keepBytes || performance.now() - kept.at >= keepTime;
      if (isOff || running || !isDue) return;
      kept = { size, at: performance.now() };
      // What is being appended now is waited for, and what comes later is not.
      running = writer
        .sync()
        .then(() => onKept(size))
        .catch(onFailure)
        .finally(() => {
          running = undefined;
        });
    },
    settled: async () => await running,
  };
}

/** The file, as long as it is known to be. @throws StoreError `NotFound` when it is not there */
async function openAt(
  { disk, folders }: FilePutContext,
  path: ImagePath,
  size: number,
): Promise<FileHandle> {
  if (size === 0) {
    const made = await onDisk('make a file', disk.open(path.file, 'w', 0o600));
    // Its name is to be there before anybody is told of its bytes.
    await folders.sync(path.folder).catch(async (error: unknown) => {
      await made.close();
      throw error;
    });
    return made;
  }
  const file = await disk.open(path.file, 'r+').catch((cause: unknown) => {
    if (errno(cause) === 'ENOENT') throw gone(cause);
    return onDisk('open the data', Promise.reject(cause));
  });
  try {
    const { size: found } = await onDisk('look at the data', file.stat());
    if (found < size) throw gone();
    if (found > size) await onDisk('cut the data', file.truncate(size));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

function gone(cause?: unknown): StoreError {
  return new StoreError('NotFound', 'The data that came earlier is not there.', { cause });
}

interface Rereading {
  readonly size: number;
  readonly check: DataCheck;
  readonly signal: AbortSignal;
}

/** Hashes a file of that size. */
async function readAgain(
  { disk, hashers }: FilePutContext,
  path: ImagePath,
  { size, check, signal }: Rereading,
): Promise<Digests> {
  await using file = await onDisk('open the data', disk.open(path.file, 'r+'));
  const { size: found } = await onDisk('look at the data', file.stat());
  if (found < size) throw gone();
  if (found > size) await onDisk('cut the data', file.truncate(size));
  // What was written by a process that is gone may be on its way to the disk.
  await onDisk('sync the data', file.sync());
  if (size <= inlineSize) {
    const bytes = new Uint8Array(size);
    await readAt(file, bytes, 0);
    check.read(bytes);
    return digestsOf(bytes);
  }
  await using through = passage(hashers);
  const failed = new AbortController();
  for (let position = 0; position < size; ) {
    signal.throwIfAborted();
    failed.signal.throwIfAborted();
    const slot = await through.next();
    const bytes = slot.subarray(0, Math.min(slot.length, size - position));
    await readAt(file, bytes, position);
    check.read(bytes);
    through.pass(bytes, undefined, (error) => failed.abort(error));
    position += bytes.length;
  }
  await through.drained();
  return await through.digests();
}

async function readAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await onDisk(
      'read the data',
      file.read(bytes, done, bytes.length - done, position + done),
    );
    if (bytesRead === 0) throw gone();
    done += bytesRead;
  }
}
