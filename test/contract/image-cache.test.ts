import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after as afterAll, test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { type CacheableData, GivenUp } from '../../src/store/cache/cache-fetch.ts';
import { cacheFiles } from '../../src/store/cache/cache-files.ts';
import { CacheIndex } from '../../src/store/cache/cache-index.ts';
import { cacheCounts } from '../../src/store/cache/cache-metrics.ts';
import { cachePins } from '../../src/store/cache/cache-pins.ts';
import { cacheRoom } from '../../src/store/cache/cache-room.ts';
import { type ImageCache, openImageCache } from '../../src/store/cache/image-cache.ts';
import { hashers } from '../../src/store/hashing.ts';
import { type StoredReader, StoreError } from '../../src/store/store.ts';
import { allOf, someBytes } from '../support/data.ts';
import { emptyFolder } from '../support/service-process.ts';

const hashing = hashers({ pairs: 1 });
afterAll(() => hashing[Symbol.asyncDispose]());

const mib = 1024 * 1024;

/** For which the caches keep what nobody reads, ms. */
const keptTime = 30;

interface Source {
  readonly data: CacheableData;
  readonly bytes: Uint8Array;
  opened: number;
  /** Bytes that may be read; more is waited for, or refused. */
  limit: number;
  isBroken: boolean;
  readonly proceed: () => void;
  readonly open: () => Promise<StoredReader>;
}

/** Data that comes as slowly as a test wants. */
function source(size: number, given: Partial<CacheableData> = {}): Source {
  const bytes = someBytes(size);
  const hash = (name: string) => createHash(name).update(bytes).digest('hex');
  let waiting = Promise.withResolvers<void>();
  const made: Source = {
    data: {
      imageId: randomUUID(),
      size,
      checksum: hash('md5'),
      sha512: hash('sha512'),
      ...given,
    },
    bytes,
    opened: 0,
    limit: size,
    isBroken: false,
    proceed() {
      made.limit = size;
      waiting.resolve();
      waiting = Promise.withResolvers();
    },
    async open() {
      made.opened += 1;
      return {
        size,
        async read(buffer, position) {
          while (position + 1 > made.limit && !made.isBroken) await waiting.promise;
          if (made.isBroken) throw new StoreError('Unavailable', 'The store is away.');
          const part = bytes.subarray(position, position + buffer.length);
          buffer.set(part);
          return part.length;
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  };
  return made;
}

interface Opened extends AsyncDisposable {
  readonly cache: ImageCache;
  readonly folder: string;
  readonly reports: string[];
}

async function cacheIn(
  folder: string,
  maxSize = 8 * mib,
  owner = 'one',
  minFreeBytes = 0,
): Promise<Opened> {
  const reports: string[] = [];
  const cache = await openImageCache({
    directory: folder,
    maxSize,
    stallTime: 60_000,
    minFreeBytes,
    hashers: hashing,
    owner,
    keptTime,
    report: (message, cause) => reports.push(`${message} ${String(cause)}`),
  });
  return { cache, folder, reports, [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose]() };
}

/** Has it fetched, be it read or not. */
function fetched({ cache }: Opened, { data, open }: Source): ReturnType<ImageCache['fetch']> {
  return cache.fetch(data, open, new AbortController().signal);
}

/** Bytes of all files but the index. */
async function onDisk(folder: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found?.isFile() && !name.startsWith('index.db')) bytes += found.size;
  }
  return bytes;
}

async function read(cache: ImageCache, from: Source): Promise<Uint8Array> {
  const opened = await cache.open(from.data, from.open, true);
  await using reader = opened?.reader ?? (await from.open());
  return await allOf(reader);
}

/** Waits until something holds that other work brings about. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await holds()); ) {
    assert.ok(Date.now() < end, 'It does not come about.');
    await after(2);
  }
}

const cached = (cache: ImageCache) => cache.state().cached.map(({ imageId }) => imageId);
const numberOf = (cache: ImageCache, name: string) =>
  [...cache.metrics(), ...cache.levels()].find((one) => one.name === `vitrine_image_cache_${name}`)
    ?.samples[0]?.value;

test('gives what it has read once from its own file, and counts that', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const { cache } = one;
  const large = source(3 * mib + 17);

  assert.deepEqual(await read(cache, large), large.bytes);
  await until(() => cached(cache).length === 1);
  const hit = await cache.open(large.data, large.open, false);
  assert.ok(hit);
  assert.equal(typeof hit.reader.descriptor, 'number');
  assert.equal(hit.reader.file, undefined);
  assert.deepEqual(await allOf(hit.reader), large.bytes);
  await hit.reader[Symbol.asyncDispose]();

  assert.equal(large.opened, 1);
  const [entry] = cache.state().cached;
  assert.equal(entry?.size, large.bytes.length);
  assert.equal(entry?.hits, 1);
  assert.equal(numberOf(cache, 'hits_total'), 1);
  assert.equal(numberOf(cache, 'misses_total'), 1);
  assert.equal(numberOf(cache, 'fetched_bytes_total'), large.bytes.length);
  assert.equal(numberOf(cache, 'bytes'), large.bytes.length);
});

test('those who ask at once share one fetch, and read what comes as it comes', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const slow = source(4 * mib);
  slow.limit = 2 * mib;

  const readers = await Promise.all(
    Array.from({ length: 8 }, () => one.cache.open(slow.data, slow.open, true)),
  );
  const first = new Uint8Array(mib);
  for (const opened of readers) {
    assert.ok(opened);
    assert.equal(await opened.reader.read(first, 0), mib);
    assert.deepEqual(Buffer.from(first), Buffer.from(slow.bytes.subarray(0, mib)));
  }
  assert.deepEqual(cached(one.cache), []);
  slow.proceed();
  for (const opened of readers) {
    assert.deepEqual(await allOf(opened?.reader ?? assert.fail()), slow.bytes);
    await opened?.reader[Symbol.asyncDispose]();
  }

  assert.equal(slow.opened, 1);
  await until(() => cached(one.cache).length === 1);
});

test('what is not what the image says is given out by nobody, and not kept', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  for (const wrong of [{ sha512: '0'.repeat(128) }, { checksum: '0'.repeat(32) }]) {
    const other = source(mib, wrong);
    await assert.rejects(fetched(one, other), /is not what it was/);
  }
  await until(async () => (await onDisk(folder.path)) === 0);
  assert.deepEqual(cached(one.cache), []);
  assert.equal(numberOf(one.cache, 'failures_total'), 2);
  await until(() => numberOf(one.cache, 'bytes') === 0);
});

test('a store that fails on the way is asked again by each reader, from where it is', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const slow = source(4 * mib);
  slow.limit = 2 * mib;
  const opened = await one.cache.open(slow.data, slow.open, true);
  const { reader } = opened ?? assert.fail();
  await reader.read(new Uint8Array(mib), 0);

  await one.cache.remove(slow.data.imageId);
  slow.proceed();
  assert.deepEqual(await allOf(reader), slow.bytes);
  await reader[Symbol.asyncDispose]();

  assert.equal(slow.opened, 2);
  await until(async () => (await onDisk(folder.path)) === 0);
  const broken = source(mib);
  await assert.rejects(
    one.cache.open(broken.data, () => Promise.reject(new StoreError('Unavailable', 'away')), true),
    /away/,
  );
  assert.deepEqual(await read(one.cache, broken), broken.bytes);
});

test('a fetch that everybody left is given up, unless it was ordered', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const left = source(4 * mib);
  left.limit = mib;
  const opened = await one.cache.open(left.data, left.open, true);
  await opened?.reader[Symbol.asyncDispose]();
  left.proceed();
  await until(() => numberOf(one.cache, 'bytes') === 0);
  assert.deepEqual(cached(one.cache), []);

  left.limit = mib;
  const ordered = fetched(one, left);
  const again = await one.cache.open(left.data, left.open, true);
  await again?.reader[Symbol.asyncDispose]();
  left.proceed();
  assert.equal(await ordered, 'cached');
  assert.deepEqual(cached(one.cache), [left.data.imageId]);
});

test('what was used longest ago goes first, and nothing that is too large comes in', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path, 3 * mib);
  const images = Array.from({ length: 4 }, () => source(mib));
  const [a, b, c, d] = images as [Source, Source, Source, Source];
  for (const image of [a, b, c]) {
    assert.equal(await fetched(one, image), 'cached');
    await after(5);
  }
  await read(one.cache, a);
  await until(() => numberOf(one.cache, 'images') === 3);
  // Nobody writes them any more, so that they may go.
  await after(2 * keptTime);
  assert.equal(await fetched(one, d), 'cached');

  assert.deepEqual(cached(one.cache).toSorted(), [a, c, d].map((i) => i.data.imageId).toSorted());
  assert.equal(numberOf(one.cache, 'evictions_total'), 1);
  const huge = source(3 * mib + 1);
  assert.equal(await fetched(one, huge), 'too large');
  assert.equal(await onDisk(folder.path), 3 * mib);
});

test('the bound holds at any moment, whatever many read and two processes fetch', async () => {
  await using folder = await emptyFolder();
  const most = 2 * mib;
  await using one = await cacheIn(folder.path, most, 'one');
  await using two = await cacheIn(folder.path, most, 'two');
  const images = Array.from({ length: 12 }, (_, n) => source(300_000 + n * 10_000));
  let [isOver, largest] = [false, 0];
  async function look(): Promise<void> {
    largest = Math.max(largest, await onDisk(folder.path));
    assert.ok((numberOf(one.cache, 'bytes') ?? 0) <= most);
  }
  const watching = (async () => {
    while (!isOver) await look();
  })();

  for (let round = 0; round < 3; round += 1) {
    await Promise.all(
      images.flatMap((image) =>
        [one.cache, two.cache].map(async (cache) =>
          assert.deepEqual(await read(cache, image), image.bytes),
        ),
      ),
    );
    // The disk may have kept all threads from looking meanwhile.
    await look();
  }
  isOver = true;
  await watching;

  assert.ok(largest > mib / 2 && largest <= most, String(largest));
  const ids = cached(one.cache);
  assert.ok(ids.length > 0);
  assert.deepEqual(cached(two.cache), ids);
});

test('room of a file that is read still counts when its entry is gone', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path, mib);
  const [a, b] = [source(mib), source(mib)];
  await fetched(one, a);
  const opened = (await one.cache.open(a.data, a.open, false)) ?? assert.fail();
  await one.cache.clear('cache');

  assert.equal(await fetched(one, b), 'not now');
  assert.deepEqual(await allOf(opened.reader), a.bytes);
  await opened.reader[Symbol.asyncDispose]();
  await until(() => numberOf(one.cache, 'bytes') === 0);
  assert.equal(await fetched(one, b), 'cached');
});

test('a new process finds what is whole, and nothing of what is not', async () => {
  await using folder = await emptyFolder();
  const kept = source(mib);
  const cut = source(2 * mib);
  cut.limit = mib;
  const before = await cacheIn(folder.path);
  await fetched(before, kept);
  before.cache.queue.enqueue(cut.data.imageId);
  assert.equal(before.cache.queue.claim()?.imageId, cut.data.imageId);
  void fetched(before, cut).catch(() => undefined);
  await until(async () => (await onDisk(folder.path)) > mib);
  await mkdir(join(folder.path, 'ab'), { recursive: true });
  await writeFile(join(folder.path, 'ab', `${randomUUID()}.${'0'.repeat(32)}`), 'nobody knows it');

  // As if the first were killed: it is neither ended nor told.
  await using next = await cacheIn(folder.path);

  assert.equal(await onDisk(folder.path), mib);
  assert.deepEqual(cached(next.cache), [kept.data.imageId]);
  assert.deepEqual(await read(next.cache, kept), kept.bytes);
  assert.equal(next.cache.queue.claim()?.imageId, cut.data.imageId);
  cut.proceed();
  await before[Symbol.asyncDispose]();
  assert.equal(await fetched(next, cut), 'cached');
  assert.deepEqual(await read(next.cache, cut), cut.bytes);
});

test('files that are not what they were are dropped, and an index that cannot be read', async () => {
  await using folder = await emptyFolder();
  const image = source(mib);
  const name = `${image.data.imageId}.${image.data.checksum}`;
  const path = join(folder.path, name.slice(0, 2), name);
  const one = await cacheIn(folder.path);
  await fetched(one, image);
  await appendFile(path, 'more');

  assert.deepEqual(await read(one.cache, image), image.bytes);
  assert.equal(image.opened, 2);
  await one[Symbol.asyncDispose]();
  await writeFile(join(folder.path, 'index.db'), 'no database '.repeat(1000));
  await using next = await cacheIn(folder.path);
  assert.deepEqual(cached(next.cache), []);
  assert.equal(await onDisk(folder.path), 0);
  assert.match(next.reports.join(), /begins anew/);
  assert.equal(await fetched(next, image), 'cached');
});

test('a smaller bound holds from the next start on', async () => {
  await using folder = await emptyFolder();
  const images = [source(mib), source(mib), source(mib)];
  const one = await cacheIn(folder.path);
  for (const image of images) await fetched(one, image);
  await one[Symbol.asyncDispose]();

  await using next = await cacheIn(folder.path, 2 * mib);

  assert.equal(await onDisk(folder.path), 2 * mib);
  assert.equal(cached(next.cache).length, 2);
  assert.deepEqual(await next.cache.prune(), { files: 0, bytes: 0 });
});

/** Has a table of the index refuse every change of one kind, as a disk without room does. */
function refusing(folder: string, change: string, table: string): Disposable {
  const index = new DatabaseSync(join(folder, 'index.db'));
  const refusal = `begin select raise(abort, 'disk I/O error'); end`;
  index.exec(`create trigger refusing before ${change} on ${table} ${refusal}`);
  return {
    [Symbol.dispose]() {
      index.exec('drop trigger refusing');
      index.close();
    },
  };
}

test('an index that takes nothing for a while ends no process, and is told what it missed', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const image = source(mib);
  const index = new DatabaseSync(join(folder.path, 'index.db'));
  const count = (table: string) => index.prepare(`select count(*) as n from ${table}`).get()?.['n'];
  assert.equal(await fetched(one, image), 'cached');

  {
    using _full = refusing(folder.path, 'delete', 'pins');
    await until(() => one.reports.length > 0);
    await after(3 * keptTime);
    assert.equal(count('pins'), 1);
  }
  await until(() => count('pins') === 0);

  assert.equal(one.reports.length, 1);
  assert.match(one.reports[0] ?? '', /could not be used; .* disk I\/O error/);
  index.close();
});

test('what the index does not let go of is read from its store', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const image = source(mib);
  await fetched(one, image);
  const name = `${image.data.imageId}.${image.data.checksum}`;
  await rm(join(folder.path, name.slice(0, 2), name));
  using _full = refusing(folder.path, 'update', 'entries');

  const opened = await one.cache.open(image.data, image.open, false);

  assert.equal(opened, undefined);
  await until(() => one.reports.length === 1);
});

test('a fetch that could not be given up gives its room back later', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const image = source(mib);
  image.limit = 1000;
  const reading = fetched(one, image);
  await until(() => image.opened === 1);

  {
    using _full = refusing(folder.path, 'update', 'entries');
    image.isBroken = true;
    image.proceed();
    await assert.rejects(reading, /The store is away/);
    await until(() => one.reports.some((report) => report.includes('disk I/O error')));
  }
  assert.equal(numberOf(one.cache, 'bytes'), mib);
  await until(async () => {
    await one.cache.clean();
    return numberOf(one.cache, 'bytes') === 0;
  });
});

test('a disk without room is told of once, and no store is asked for what it cannot take', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path, 8 * mib, 'one', Number.MAX_SAFE_INTEGER);
  const image = source(mib);

  for (let tries = 0; tries < 3; tries += 1) {
    assert.equal(await fetched(one, image), 'not now');
    await until(() => numberOf(one.cache, 'bytes') === 0);
  }

  assert.equal(image.opened, 0);
  assert.equal(one.reports.length, 1);
  assert.match(one.reports[0] ?? '', /could not be written/);
});

test('what has come to its end meanwhile is not given up', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const image = source(mib);
  await fetched(one, image);
  const index = new DatabaseSync(join(folder.path, 'index.db'));
  const entry = index.prepare('select partial from entries').get();
  index.close();
  const files = cacheFiles(folder.path);
  using known = new CacheIndex({ path: files.indexPath, owner: 'one', now: () => 0 });
  const room = cacheRoom({
    ...{ index: known, files, maxSize: mib, onHidden: () => undefined, counts: cacheCounts() },
    pins: cachePins({ index: known, keptTime, onFree() {}, onFailure() {} }),
  });

  await room.discard({ ...image.data, partial: String(entry?.['partial']) });

  assert.deepEqual(cached(one.cache), [image.data.imageId]);
  assert.deepEqual(await read(one.cache, image), image.bytes);
  assert.equal(image.opened, 1);
});

test('no more than sixteen fetches are under way, however many begin at once', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const images = Array.from({ length: 40 }, () => source(1000));
  for (const image of images) image.limit = 0;

  const opened = await Promise.all(
    images.map(({ data, open }) => one.cache.open(data, open, true)),
  );

  assert.equal(images.filter((image) => image.opened > 0).length, 16);
  assert.equal(opened.filter((reader) => reader !== undefined).length, 16);
  for (const image of images) image.proceed();
  for (const reader of opened) await reader?.reader[Symbol.asyncDispose]();
});

test('a fetch that is about to begin is given up on the spot as well', async () => {
  await using folder = await emptyFolder();
  await using one = await cacheIn(folder.path);
  const image = source(mib);
  const opening = Promise.withResolvers<void>();
  const stopping = new AbortController();
  const open = async () => {
    await opening.promise;
    return await image.open();
  };
  const fetching = one.cache.fetch(image.data, open, stopping.signal);

  stopping.abort();
  await assert.rejects(fetching, GivenUp);

  opening.resolve();
  await until(() => numberOf(one.cache, 'bytes') === 0);
  assert.deepEqual(cached(one.cache), []);
});

test('a fetch is given up on the spot, though its store says nothing', async () => {
  await using folder = await emptyFolder();
  const one = await cacheIn(folder.path);
  const image = source(mib);
  image.limit = 1000;
  const stopping = new AbortController();
  const fetching = one.cache.fetch(image.data, image.open, stopping.signal);
  await until(() => image.opened === 1);

  stopping.abort();
  await assert.rejects(fetching, GivenUp);
  const begun = performance.now();
  await one[Symbol.asyncDispose]();

  assert.ok(performance.now() - begun < 5000, 'the end waits for the store');
  await using next = await cacheIn(folder.path);
  assert.deepEqual(cached(next.cache), []);
  assert.equal(await onDisk(folder.path), 0);
  image.proceed();
});
