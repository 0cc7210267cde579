import { constants } from 'node:fs';
import * as nodeDisk from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { type Disk, errno, onDisk, removeFile } from './disk.ts';
import { changedAt, listFiles, setAside } from './file-list.ts';
import { putFile } from './file-put.ts';
import { fileReader } from './file-reader.ts';
import { foldersOn } from './folders.ts';
import { growFile } from './growing-file.ts';
import type { Hashers } from './hashing.ts';
import { hold, isHeld } from './holds.ts';
import { type ImagePath, imagePaths } from './image-paths.ts';
import { lateRemoval } from './late-removal.ts';
import { isGiven, type Store, StoreError } from './store.ts';

export interface FilesystemOptions {
  readonly id: string;
  /** On a file system with hard links. Belongs to one process at a time. */
  readonly directory: string;
  /** Bytes that uploads must leave free on the file system. */
  readonly minFreeBytes: number;
  readonly hashers: Hashers;
  /** The operating system's files, unless somebody wants to watch them. */
  readonly disk?: Disk;
}

/** Keeps each image in one file, `<directory>/<first two characters of its id>/<image id>`. */
export function filesystemStore(options: FilesystemOptions): Store {
  const { id, directory, disk = nodeDisk } = options;
  const paths = imagePaths(directory);
  const folders = foldersOn(disk);
  const removal = lateRemoval(disk);
  const context = {
    ...options,
    disk,
    paths,
    folders,
    removeLater: (path: string) => removal.remove(path),
  };

  async function removePartials(isWanted: (imageId: string) => boolean): Promise<void> {
    await folders.ensure(paths.partialFolder);
    const names = await onDisk('list the partial files', disk.readdir(paths.partialFolder));
    for (const name of names) {
      const imageId = paths.imageOfPartial(name);
      if (imageId === undefined || !isWanted(imageId)) continue;
      await removeFile(disk, join(paths.partialFolder, name));
    }
  }

  /** Removes data and makes sure that it does not come back after a crash. */
  async function removeData({ folder, file }: Pick<ImagePath, 'file' | 'folder'>): Promise<void> {
    if (await removeFile(disk, file)) await folders.sync(folder);
  }

  return {
    id,

    check: () => folders.ensure(paths.partialFolder),

    put(imageId, data, putOptions) {
      return putFile(context, imageId, data, putOptions);
    },

    locationOf: (imageId) => paths.location(paths.of(imageId)),

    isLocation: (location) => isGiven((one) => paths.at(one), location),

    async open(location) {
      const path = paths.at(location);
      try {
        const file = await disk.open(path.file, constants.O_RDONLY | constants.O_NOFOLLOW);
        return await fileReader(file, {
          path: relative(resolve(directory), path.file),
          givesDescriptor: disk === nodeDisk,
        });
      } catch (cause) {
        if (errno(cause) !== 'ENOENT') return onDisk('open the data', Promise.reject(cause));
        throw new StoreError('NotFound', 'There is no data at the location.', { cause });
      }
    },

    async delete(location) {
      await removeData(paths.at(location));
    },

    async discard(imageId) {
      const path = paths.of(imageId);
      await removePartials((other) => other === imageId);
      await removeData(path);
    },

    async sweep() {
      await removePartials(() => true);
    },

    list: () => listFiles(directory, paths),

    dataIdOf: (location) => paths.at(location).imageId,

    files: {
      directory: resolve(directory),
      pathOf: (dataId) => paths.of(dataId).file,
      hold: () => hold(directory),
      isHeld: () => isHeld(directory),
      changedAt: (name) => changedAt(join(directory, name)),
      async remove(name) {
        const file = join(directory, name);
        await removeData({ folder: dirname(file), file });
      },
      setAside: (name) => setAside(directory, name),
    },

    grow: (dataId, growing) => growFile(context, dataId, growing),

    // Every put and every reader ends by its caller; the hashers are shared and belong to whoever made them.
    async [Symbol.asyncDispose]() {
      removal[Symbol.dispose]();
    },
  };
}
