import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Disk } from '../../src/store/disk.ts';
import { filesystemStore } from '../../src/store/filesystem.ts';
import { hashers } from '../../src/store/hashing.ts';
import { StoreError, type StoreErrorCode } from '../../src/store/store.ts';
import { pieces, someBytes, sourceOf } from '../support/data.ts';
import { type StoreUnderTest, storeContract } from './store.contract.ts';

const MiB = 1024 * 1024;
const sharedHashers = hashers({ pairs: 1 });

interface FileStoreUnderTest extends StoreUnderTest {
  readonly directory: string;
}

async function emptyFileStore(
  given: { readonly minFreeBytes?: number; readonly disk?: Disk } = {},
): Promise<FileStoreUnderTest> {
  const parent = await fs.mkdtemp(join(tmpdir(), 'vitrine-store-'));
  const directory = join(parent, 'images');
  const store = filesystemStore({
    id: 'files',
    directory,
    minFreeBytes: 0,
    hashers: sharedHashers,
    ...given,
  });
  return {
    store,
    directory,

    async remains() {
      const entries = await fs.readdir(parent, { recursive: true, withFileTypes: true });
      return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
    },

    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await fs.rm(parent, { recursive: true });
    },
  };
}

/** Where the data of an image lies. */
function dataFile(directory: string, imageId: string): string {
  return join(directory, imageId.slice(0, 2), imageId);
}

function options(): { maxSize: number; signal: AbortSignal } {
  return { maxSize: 1024 * MiB, signal: new AbortController().signal };
}

function isStoreError(code: StoreErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof StoreError && error.code === code;
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** What `path` is to the store: `partial`, `folder` or `data`. */
function kindOf(path: string): string {
  if (basename(path) === 'partial') return 'partial folder';
  if (basename(dirname(path)) === 'partial') return 'partial file';
  if (/^[0-9a-f]{2}$/.test(basename(path))) return 'image folder';
  return basename(path) === 'images' ? 'root' : 'outside';
}

type FileOperation = 'datasync' | 'sync' | 'write';

/** The real disk; `watch` is told of each operation that a crash could tell apart, before it runs, and may throw. */
function watchedDisk(watch: (operation: string) => void): Disk {
  function guard<A extends unknown[], R>(name: string, run: (...args: A) => Promise<R>) {
    return async (...args: A): Promise<R> => {
      watch(name);
      return await run(...args);
    };
  }
  const watched: readonly FileOperation[] = ['datasync', 'sync', 'write'];
  return {
    ...fs,
    link: guard('link', fs.link),
    async open(path, flags, mode) {
      const file = await fs.open(path, flags, mode);
      for (const operation of watched) {
        const run: (...args: unknown[]) => Promise<unknown> = file[operation].bind(file) as never;
        const name = `${operation} ${kindOf(String(path))}`;
        Object.assign(file, { [operation]: guard(name, run) });
      }
      return file;
    },
  };
}

/** A disk that fails every operation of one name with `code`. */
function failingDisk(failing: string, code: string): { disk: Disk; calls: string[] } {
  const calls: string[] = [];
  const disk = watchedDisk((operation) => {
    calls.push(operation);
    if (operation === failing) throw systemError(code);
  });
  return { disk, calls };
}

storeContract('file store', emptyFileStore);

describe('file store: stable storage', () => {
  test('syncs the data before it links it, and the folder before it says so', async () => {
    const calls: string[] = [];
    const disk = watchedDisk((operation) => calls.push(operation));
    await using empty = await emptyFileStore({ disk });

    await empty.store.put(randomUUID(), sourceOf(someBytes(10)), options());
    calls.push('success');

    assert.deepEqual(calls, [
      'sync root',
      'sync outside',
      'write partial file',
      'sync partial file',
      'sync root',
      'link',
      'sync image folder',
      'success',
    ]);
  });

  test('brings large data to the disk while it comes in', async () => {
    const calls: string[] = [];
    const disk = watchedDisk((operation) => calls.push(operation));
    await using empty = await emptyFileStore({ disk });

    await empty.store.put(randomUUID(), sourceOf(someBytes(66 * MiB)), options());

    const datasync = calls.indexOf('datasync partial file');
    assert.ok(datasync > 0 && datasync < calls.lastIndexOf('write partial file'));
    assert.ok(calls.indexOf('sync partial file') > calls.lastIndexOf('write partial file'));
  });

  for (const failing of ['sync partial file', 'sync image folder', 'sync root', 'link']) {
    test(`leaves nothing behind and tries no second time when this fails: ${failing}`, async () => {
      const { disk, calls } = failingDisk(failing, 'EIO');
      await using empty = await emptyFileStore({ disk });

      const put = empty.store.put(randomUUID(), sourceOf(someBytes(10)), options());

      await assert.rejects(put, isStoreError('Unavailable'));
      assert.deepEqual(await empty.remains(), []);
      assert.equal(calls.filter((call) => call === failing).length, 1);
    });
  }

  test('never syncs again, to be told that all is well, after a sync in the background failed', async () => {
    const { disk, calls } = failingDisk('datasync partial file', 'EIO');
    await using empty = await emptyFileStore({ disk });

    const put = empty.store.put(randomUUID(), sourceOf(someBytes(66 * MiB)), options());

    await assert.rejects(put, isStoreError('Unavailable'));
    assert.deepEqual(await empty.remains(), []);
    assert.ok(!calls.includes('sync partial file'));
    assert.ok(!calls.includes('link'));
  });

  test('gives a file to its owner alone', async () => {
    await using empty = await emptyFileStore();

    const imageId = randomUUID();

    await empty.store.put(imageId, sourceOf(someBytes(1)), options());

    const { mode, nlink } = await fs.stat(dataFile(empty.directory, imageId));
    assert.equal(mode & 0o777, 0o600);
    assert.equal(nlink, 1);
  });
});

describe('file store: space', () => {
  test('refuses data when less than the floor is free', async () => {
    await using empty = await emptyFileStore({ minFreeBytes: Number.MAX_SAFE_INTEGER });

    const put = empty.store.put(randomUUID(), sourceOf(someBytes(10)), options());

    await assert.rejects(put, isStoreError('Full'));
    assert.deepEqual(await empty.remains(), []);
  });

  test('refuses at once data whose announced size does not fit', async () => {
    await using empty = await emptyFileStore();
    const source = new Readable({ read: () => undefined });
    const size = Number.MAX_SAFE_INTEGER;

    const put = empty.store.put(randomUUID(), source, {
      ...options(),
      maxSize: size,
      expectedSize: size,
    });

    await assert.rejects(put, isStoreError('Full'));
  });

  test('stops when the space falls below the floor while data comes in', async () => {
    let looks = 0;
    const disk: Disk = {
      ...fs,
      async statfs(path) {
        const { bavail, bsize } = await fs.statfs(path);
        looks += 1;
        return { bavail: looks === 1 ? bavail : 0, bsize };
      },
    };
    await using empty = await emptyFileStore({ disk, minFreeBytes: 1 });

    const put = empty.store.put(randomUUID(), sourceOf(someBytes(66 * MiB)), options());

    await assert.rejects(put, isStoreError('Full'));
    assert.deepEqual(await empty.remains(), []);
  });

  for (const [code, expected] of [
    ['ENOSPC', 'Full'],
    ['EDQUOT', 'Full'],
    ['EFBIG', 'Full'],
    ['EIO', 'Unavailable'],
    ['EROFS', 'Unavailable'],
  ] as const) {
    test(`is ${expected} when a write fails with ${code}, though the sender sends no more`, async () => {
      const { disk } = failingDisk('write partial file', code);
      await using empty = await emptyFileStore({ disk });
      async function* stalled(): AsyncGenerator<Uint8Array> {
        yield* pieces(someBytes(3 * MiB));
        await new Promise(() => undefined);
      }

      const put = empty.store.put(randomUUID(), Readable.from(stalled()), options());

      await assert.rejects(put, isStoreError(expected));
      assert.deepEqual(await empty.remains(), []);
    });
  }

  test('is Unavailable where the directory cannot be made', async () => {
    await using empty = await emptyFileStore();
    await fs.writeFile(empty.directory, 'in the way');

    const put = empty.store.put(randomUUID(), sourceOf(someBytes(1)), options());

    await assert.rejects(put, isStoreError('Unavailable'));
  });

  test('makes its folders again when somebody removed them', async () => {
    await using empty = await emptyFileStore();
    const put = async (): Promise<unknown> =>
      empty.store.put('ab000000-0000-4000-8000-000000000000', sourceOf(someBytes(1)), options());
    await put();
    await fs.rm(empty.directory, { recursive: true });
    await assert.rejects(put(), isStoreError('Unavailable'));

    await put();

    assert.equal((await empty.remains()).length, 1);
  });
});

describe('file store: names', () => {
  test('finds its data again after the directory was moved', async () => {
    await using empty = await emptyFileStore();
    const bytes = someBytes(10);
    const { location } = await empty.store.put(randomUUID(), sourceOf(bytes), options());
    const moved = `${empty.directory}-moved`;
    await fs.rename(empty.directory, moved);
    await using threads = hashers({ pairs: 1 });
    const store = filesystemStore({
      id: 'moved',
      directory: moved,
      minFreeBytes: 0,
      hashers: threads,
    });

    await using reader = await store.open(location);

    assert.equal(reader.size, bytes.length);
    await fs.rm(moved, { recursive: true });
  });

  test('refuses every location that it did not give out', async () => {
    await using empty = await emptyFileStore();
    const imageId = randomUUID();
    const { location } = await empty.store.put(imageId, sourceOf(someBytes(1)), options());
    const folder = location.slice(0, location.lastIndexOf('/'));
    const foreign = [
      '',
      imageId,
      'file:///etc/passwd',
      `file:///etc/${imageId.slice(0, 2)}/${imageId}`,
      `${folder}/../../../../etc/passwd`,
      `${folder}/../${imageId.slice(0, 2)}/${imageId}`,
      `${folder}/%2e%2e/${imageId.slice(0, 2)}/${imageId}`,
      `${folder}//${imageId}`,
      `${location}/`,
      `${location}?`,
      `${location}#a`,
      `${location}%00`,
      `${location}\0`,
      location.replace('file:', 'http:'),
      location.replace('file:', 'file:///'),
      location.replace('file:', 'file://host/'),
      location.replace('file:', 'FILE:'),
      location.replace('file:', ''),
      pathToFileURL(dataFile(empty.directory, imageId)).href,
      pathToFileURL(join(empty.directory, 'partial', imageId)).href,
    ];

    for (const other of foreign) {
      await assert.rejects(empty.store.open(other), isStoreError('NotFound'), other);
      await assert.rejects(empty.store.delete(other), isStoreError('NotFound'), other);
    }

    assert.deepEqual(await empty.remains(), [imageId]);
  });

  test('follows no symbolic link', async () => {
    await using empty = await emptyFileStore();
    const imageId = randomUUID();
    const { location } = await empty.store.put(imageId, sourceOf(someBytes(1)), options());
    await fs.unlink(dataFile(empty.directory, imageId));
    await fs.symlink('/etc/passwd', dataFile(empty.directory, imageId));

    const opening = empty.store.open(location);

    await assert.rejects(opening, isStoreError('Unavailable'));
  });

  for (const imageId of ['', '..', '../../etc/passwd', `${randomUUID()}/..`, `${randomUUID()}\n`]) {
    test(`takes no ${JSON.stringify(imageId)} for an image id`, async () => {
      await using empty = await emptyFileStore();

      const put = empty.store.put(imageId, sourceOf(someBytes(1)), options());

      await assert.rejects(put, TypeError);
      await assert.rejects(empty.store.discard(imageId), TypeError);
    });
  }
});

describe('file store: what a crash leaves', () => {
  async function crashed(empty: FileStoreUnderTest, imageId: string): Promise<void> {
    const folder = join(empty.directory, 'partial');
    await fs.mkdir(folder, { recursive: true });
    await fs.writeFile(join(folder, `${imageId}.${randomUUID()}`), 'half');
  }

  test('sweeps partial files and touches nothing else', async () => {
    await using empty = await emptyFileStore();
    await crashed(empty, randomUUID());
    await crashed(empty, randomUUID());
    await fs.writeFile(join(empty.directory, 'partial', 'notes'), 'not ours');

    await empty.store.sweep();

    assert.deepEqual(await empty.remains(), ['notes']);
  });

  test('sweeps a directory that is not there yet', async () => {
    await using empty = await emptyFileStore();

    await empty.store.sweep();

    assert.deepEqual(await empty.remains(), []);
  });

  test('discards partial files and whole data of one image', async () => {
    await using empty = await emptyFileStore();
    const imageId = randomUUID();
    const other = randomUUID();
    await crashed(empty, imageId);
    await crashed(empty, other);
    await empty.store.put(imageId, sourceOf(someBytes(1)), options());

    await empty.store.discard(imageId);

    const remains = await empty.remains();
    assert.equal(remains.length, 1);
    assert.ok(remains[0]?.startsWith(other));
  });
});
