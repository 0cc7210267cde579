import type { Readable } from 'node:stream';
import { type Disk, onDisk, removeFile } from './disk.ts';
import { checkFreeSpace, diskWriter } from './disk-writer.ts';
import type { Folders } from './folders.ts';
import type { Hashers } from './hashing.ts';
import type { ImagePath, ImagePaths } from './image-paths.ts';
import { type Received, receive } from './receive.ts';
import { sourceReader } from './source-reader.ts';
import { type PutOptions, type StoredData, StoreError } from './store.ts';

/** What a file store puts data with. */
export interface FilePutContext {
  readonly disk: Disk;
  readonly paths: ImagePaths;
  readonly folders: Folders;
  /** Bytes. */
  readonly minFreeBytes: number;
  readonly hashers: Hashers;
  /** Removes, in time, a file that cannot be removed now. */
  readonly removeLater: (path: string) => void;
}

/** `Store.put` on files: data comes into a partial file, and is linked to its name when whole. */
export async function putFile(
  context: FilePutContext,
  imageId: string,
  data: Readable,
  options: PutOptions,
): Promise<StoredData> {
  const { disk, paths, folders } = context;
  const path = paths.of(imageId);
  const partial = paths.newPartial(imageId);
  try {
    const received = await receiveInto(context, partial, data, options);
    options.signal.throwIfAborted();
    await publish(context, partial, path);
    return { location: paths.location(path), ...received };
  } catch (error) {
    // One of the folders may be gone: the next put looks again.
    folders.forget(paths.partialFolder);
    folders.forget(path.folder);
    throw error;
  } finally {
    await removeFile(disk, partial).catch(() => context.removeLater(partial));
  }
}

async function receiveInto(
  { disk, paths, folders, minFreeBytes, hashers }: FilePutContext,
  partial: string,
  data: Readable,
  { maxSize, expectedSize = 0, admit, check, signal }: PutOptions,
): Promise<Received> {
  const failed = new AbortController();
  const onFailure = (error: unknown): void => failed.abort(error);
  // Listening begins before the first wait, so that no error of the source is missed.
  using source = sourceReader(data, { maxSize, signal: AbortSignal.any([signal, failed.signal]) });
  signal.throwIfAborted();
  if (expectedSize > maxSize) {
    throw new StoreError('TooLarge', `The data is larger than ${maxSize} bytes.`);
  }
  await folders.ensure(paths.partialFolder);
  const space = { disk, folder: paths.partialFolder, minFreeBytes };
  await checkFreeSpace(space, expectedSize);

  await using file = await onDisk('make a file', disk.open(partial, 'wx', 0o600));
  const writer = diskWriter({ ...space, file, expectedSize });
  return await receive({ source, writer, hashers, admit, check, onFailure });
}

/** Makes whole data visible. link, unlike rename, fails if the image has data: two puts cannot both win. */
export async function publish(
  { disk, folders }: FilePutContext,
  partial: string,
  { folder, file }: ImagePath,
): Promise<void> {
  await folders.ensure(folder);
  await onDisk('publish the data', disk.link(partial, file));
  try {
    await folders.sync(folder);
  } catch (error) {
    await removeFile(disk, file).catch(() => undefined);
    throw error;
  }
}
