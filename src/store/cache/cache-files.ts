import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { onDisk } from '../disk.ts';
import type { Entry, EntryKey } from './cache-index.ts';

/** The files of a cache: `ab/<image id>.<checksum>` what it has, `partial/…` what is on its way. */
export type CacheFiles = ReturnType<typeof cacheFiles>;

const folderPattern = /^[0-9a-f]{2}$/;

export function cacheFiles(directory: string) {
  const root = resolve(directory);
  const partialFolder = join(root, 'partial');
  const nameOf = ({ imageId, checksum }: EntryKey) => `${imageId}.${checksum}`;
  const wholePath = (key: EntryKey) => join(root, key.imageId.slice(0, 2), nameOf(key));
  const partialPath = (name: string) => join(partialFolder, name);
  const remove = (path: string) => onDisk('remove a cached file', rm(path, { force: true }));

  async function* names(): AsyncGenerator<{ readonly name: string; readonly path: string }> {
    const folders = (await readdir(root)).filter((name) => folderPattern.test(name));
    for (const folder of ['partial', ...folders]) {
      for (const name of await readdir(join(root, folder))) {
        yield { name, path: join(root, folder, name) };
      }
    }
  }

  return {
    indexPath: join(root, 'index.db'),
    partialFolder,
    ensure: () => mkdir(partialFolder, { recursive: true, mode: 0o700 }),
    openWhole: (key: EntryKey) => open(wholePath(key), 'r'),
    openPartial: (name: string) => onDisk('make a file', open(partialPath(name), 'wx+', 0o600)),

    async publish(key: EntryKey & Pick<Entry, 'partial'>): Promise<void> {
      const path = wholePath(key);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await onDisk('keep a cached file', rename(partialPath(key.partial), path));
    },

    async remove(entry: EntryKey & Pick<Entry, 'partial'>): Promise<void> {
      await remove(partialPath(entry.partial));
      await remove(wholePath(entry));
    },

    /** Bytes; undefined when there is no file. */
    sizeOf: (key: EntryKey): Promise<number | undefined> =>
      stat(wholePath(key)).then(
        ({ size }) => size,
        () => undefined,
      ),

    /** Removes the files of which nobody knows. */
    async removeUnknown(isKnown: (name: string) => boolean): Promise<void> {
      for await (const { name, path } of names()) {
        if (!isKnown(name)) await remove(path);
      }
    },

    /** Removes everything, the index too. */
    async removeAll(): Promise<void> {
      for (const suffix of ['', '-wal', '-shm']) await remove(`${join(root, 'index.db')}${suffix}`);
      for await (const { path } of names()) await remove(path);
    },
  };
}
