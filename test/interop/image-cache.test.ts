import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { emptyFolder } from '../support/service-process.ts';
import { glance, refused, succeeded, tableRows } from './clients.ts';
import { ask, makeImage, openCloud } from './cloud.ts';

const folder = await emptyFolder();
const cloud = await openCloud({ VITRINE_IMAGE_CACHE_DIR: join(folder.path, 'cache') });
after(async () => {
  await cloud[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
const { admin, producer } = cloud;
const data = new TextEncoder().encode('hello');

/** Runs glance as it wants to be run for the cache: at the address of one machine. */
const cache = (command: string, ...args: readonly string[]) =>
  glance(admin, ['--os-image-url', admin.imageEndpoint, command, ...args]);

/** States and sizes of what glance lists, by the image's id. */
async function listed(): Promise<Readonly<Record<string, readonly string[]>>> {
  const rows = tableRows(succeeded(await cache('cache-list')).stdout);
  return Object.fromEntries(rows.map(([id, state = '', , , size = '']) => [id, [state, size]]));
}

async function untilCached(imageId: string): Promise<void> {
  const cached = async () => {
    const answer = await ask(admin, 'GET', '/v2/cache');
    const { cached_images } = (await answer.json()) as { cached_images: { image_id: string }[] };
    return cached_images.some(({ image_id }) => image_id === imageId);
  };
  for (let looks = 0; !(await cached()); looks += 1) {
    assert(looks < 200, 'The image is not cached.');
    await pause(50);
  }
}

test('glance has images fetched into the cache of a machine, lists them and takes them out', async () => {
  const [one, two] = await Promise.all(
    ['one', 'two'].map((name) => makeImage(producer, { name }, data)),
  );
  assert(one && two);

  succeeded(await cache('cache-queue', one.id, two.id));
  await Promise.all([one.id, two.id].map(untilCached));
  const both = await listed();
  succeeded(await cache('cache-delete', one.id));
  const left = await listed();
  succeeded(await cache('cache-clear', '--target', 'both'));
  const none = await listed();

  const cached = ['cached', String(data.length)];
  assert.deepEqual(both, { [one.id]: cached, [two.id]: cached });
  assert.deepEqual(left, { [two.id]: cached });
  assert.deepEqual(none, {});
});

test('glance tells a caller who is no admin that the cache is not theirs', async () => {
  const url = ['--os-image-url', producer.imageEndpoint];

  refused(await glance(producer, [...url, 'cache-list']), /HTTP 403/);
});
