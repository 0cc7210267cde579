import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after as afterAll, test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { sql } from 'kysely';
import { findImage } from '../../src/database/images.ts';
import { policyOf } from '../../src/domain/policy.ts';
import {
  cacheableData,
  type ImageCacheControlOptions,
  imageCacheControl,
} from '../../src/service/image-cache.ts';
import { openImageCache } from '../../src/store/cache/image-cache.ts';
import { filesystemStore } from '../../src/store/filesystem.ts';
import { hashers } from '../../src/store/hashing.ts';
import type { Store, StoredReader } from '../../src/store/store.ts';
import { emptyDatabase } from '../support/database.ts';
import { createActiveImage } from '../support/images.ts';
import { sharedService } from '../support/service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { onlyStore } from '../support/stores.ts';

const service = await sharedService();
const hashing = hashers({ pairs: 1 });
const database = await service.openDatabase();
const store = filesystemStore({
  id: 'file',
  directory: join(service.folder, 'images'),
  minFreeBytes: 0,
  hashers: hashing,
});
afterAll(async () => {
  await store[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  await hashing[Symbol.asyncDispose]();
});

/** An active image, and what a cache has to know of it. */
async function image(size: number) {
  const { id } = await createActiveImage(service, Buffer.alloc(size, 'x'));
  const found = await findImage(database.read, id, null);
  const data = (found && cacheableData(found.image)) ?? assert.fail();
  const url = found?.image.locations[0]?.url ?? assert.fail();
  return { id, data, open: () => store.open(url) };
}

/** A cache for 1,500 bytes, whose orders are looked at all the time. */
async function scene(
  parts: AsyncDisposableStack,
  options: Partial<Pick<ImageCacheControlOptions, 'database' | 'stores'>> = {},
) {
  const folder = parts.use(await emptyFolder());
  const reports: string[] = [];
  const report = (text: string) => void reports.push(text);
  const cache = parts.use(
    await openImageCache({
      ...{ directory: folder.path, maxSize: 1500, stallTime: 60_000, minFreeBytes: 0 },
      ...{ hashers: hashing, owner: 'one', keptTime: 10, report },
    }),
  );
  const times = { look: 10, room: 0.02 };
  const given = { database, stores: onlyStore(store), policy: policyOf(new Map()), ...options };
  const control = imageCacheControl({ ...given, cache, times, report });
  return { cache, control, reports };
}

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds(); await after(5)) {
    assert.ok(Date.now() < end, 'It does not come about.');
  }
}

test('what has no room yet is fetched once it has, and what never has is not', async () => {
  await using parts = new AsyncDisposableStack();
  const { cache, control, reports } = await scene(parts);
  const [one, two, huge] = [await image(1000), await image(1001), await image(1501)];
  parts.use(control.start());
  const cached = () => cache.state().cached.map(({ imageId }) => imageId);
  cache.queue.enqueue(one.id);
  await until(() => cached().length === 1);
  const reading = await cache.open(one.data, one.open, false);

  cache.queue.enqueue(two.id);
  cache.queue.enqueue(huge.id);
  await after(100);
  const meanwhile = { cached: cached(), queued: cache.state().queued };
  await reading?.reader[Symbol.asyncDispose]();
  await until(() => cached().includes(two.id));
  await until(() => reports.length > 0);

  assert.deepEqual(meanwhile, { cached: [one.id], queued: [two.id] });
  assert.deepEqual(cached(), [two.id]);
  assert.deepEqual(cache.state().queued, []);
  assert.deepEqual(reports, [`Image ${huge.id} is larger than the cache.`]);
});

test('a stop does not wait for a store that says nothing, and the order is as it was', async () => {
  await using parts = new AsyncDisposableStack();
  const opened = Promise.withResolvers<void>();
  const silence = Promise.withResolvers<number>();
  const silent: Store = {
    ...store,
    async open(location): Promise<StoredReader> {
      opened.resolve();
      return { ...(await store.open(location)), read: () => silence.promise };
    },
  };
  const { cache, control, reports } = await scene(parts, { stores: onlyStore(silent) });
  const { id } = await image(1000);
  cache.queue.enqueue(id);
  const fetching = control.start();
  await opened.promise;

  await fetching[Symbol.asyncDispose]();

  assert.deepEqual(cache.queue.claim(), { imageId: id, tries: 1 });
  assert.deepEqual(reports, []);
  silence.resolve(0);
});

test('an order outlives a database that cannot be read', async () => {
  await using parts = new AsyncDisposableStack();
  const { database: broken } = parts.use(await emptyDatabase());
  await broken.transaction((db) => sql`alter table images rename to lost`.execute(db));
  const { cache, control, reports } = await scene(parts, { database: broken });
  const { id } = await image(1000);
  cache.queue.enqueue(id);

  const fetching = control.start();
  await until(() => reports.length > 6);
  await fetching[Symbol.asyncDispose]();
  await after(30);

  assert.match(reports[0] ?? '', /could not be filled; it is tried again/);
  assert.deepEqual(cache.queue.claim(), { imageId: id, tries: 1 });
});
