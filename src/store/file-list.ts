import { lstat, mkdir, opendir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { errno, onDisk } from './disk.ts';
import { isImageId } from './image-id.ts';
import type { ImagePaths } from './image-paths.ts';
import type { StoredObject } from './store.ts';

const own: ReadonlySet<string> = new Set(['partial', 'holds', 'aside']);

/** Everything below a folder of image data, but what was set aside. @throws StoreError `Unavailable` */
export async function* listFiles(
  directory: string,
  paths: ImagePaths,
): AsyncGenerator<StoredObject> {
  for await (const name of namesIn(directory)) {
    if (own.has(name)) continue;
    if (/^[0-9a-f]{2}$/i.test(name)) yield* listData(join(directory, name), name);
    else yield* look(join(directory, name), { kind: 'foreign', name });
  }
  for await (const name of namesIn(paths.partialFolder)) {
    const dataId = paths.imageOfPartial(name);
    const shown = `partial/${name}`;
    const what: Named = dataId
      ? { kind: 'partial', name: shown, dataId }
      : { kind: 'foreign', name: shown };
    yield* look(join(paths.partialFolder, name), what);
  }
}

/** What a file is by its name. */
type Named =
  | { readonly kind: 'whole' | 'partial'; readonly name: string; readonly dataId: string }
  | { readonly kind: 'foreign'; readonly name: string };

async function* listData(folder: string, prefix: string): AsyncGenerator<StoredObject> {
  for await (const name of namesIn(folder)) {
    const isData = isImageId(name) && name.startsWith(prefix);
    const shown = `${prefix}/${name}`;
    const what: Named = isData
      ? { kind: 'whole', name: shown, dataId: name }
      : { kind: 'foreign', name: shown };
    yield* look(join(folder, name), what);
  }
}

/** It may be gone by now. A link, or a folder, is nobody's data whatever its name is. */
async function* look(path: string, named: Named): AsyncGenerator<StoredObject> {
  try {
    const found = await lstat(path);
    const { size, mtime: changedAt } = found;
    if (named.kind !== 'foreign' && found.isFile()) yield { ...named, size, changedAt };
    else yield { kind: 'foreign', name: named.name, size, changedAt };
  } catch (cause) {
    if (errno(cause) !== 'ENOENT') await onDisk('look at a file', Promise.reject(cause));
  }
}

async function* namesIn(folder: string): AsyncGenerator<string> {
  try {
    for await (const { name } of await opendir(folder)) yield name;
  } catch (cause) {
    if (errno(cause) !== 'ENOENT') await onDisk('list a folder', Promise.reject(cause));
  }
}

/** When a file was last changed; undefined when it is not there. @throws StoreError `Unavailable` */
export async function changedAt(path: string): Promise<Date | undefined> {
  try {
    return (await lstat(path)).mtime;
  } catch (cause) {
    if (errno(cause) === 'ENOENT') return undefined;
    return onDisk('look at a file', Promise.reject(cause));
  }
}

/** Moves a file out of the way, where nobody looks for data; returns where to. @throws StoreError `Unavailable` */
export async function setAside(directory: string, name: string): Promise<string> {
  const folder = join(directory, 'aside');
  await onDisk('make a folder', mkdir(folder, { recursive: true, mode: 0o700 }));
  const to = join(folder, name.slice(name.lastIndexOf('/') + 1));
  await onDisk('move a file', rename(join(directory, name), to));
  return to;
}
