import assert from 'node:assert/strict';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { listDueData } from '../../src/database/data-checks.ts';
import { findImageImport } from '../../src/database/image-imports.ts';
import { abandon } from '../../src/service/cut-uploads.ts';
import { eventsService } from '../../src/service/events.ts';
import { scrub } from '../../src/service/scrub.ts';
import { lookCounts } from '../../src/service/scrub-run.ts';
import { filesystemStore } from '../../src/store/filesystem.ts';
import { hashers } from '../../src/store/hashing.ts';
import { storesOf } from '../../src/store/stores.ts';
import { imported, stagedImage, startImport } from '../support/imports.ts';
import { metricsIn } from '../support/metrics.ts';
import { sharedService } from '../support/service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';

const folder = await emptyFolder();
after(() => folder[Symbol.asyncDispose]());

const stores = ['near', 'far'].map((id, index) => ({
  id,
  type: 'file' as const,
  description: '',
  weight: 10 - index,
  isDefault: index === 0,
  own: { filesystemStoreDatadir: join(folder.path, id) },
}));
const service = await sharedService({ config: { stores, dataScrubRate: 0 } });

const chunk = 1024 * 1024;
const data = seededBytes('troubled', 2 * chunk + 5000);
const octets = { 'content-type': 'application/octet-stream' };

async function imageWith(bytes: Uint8Array): Promise<string> {
  const body = { disk_format: 'raw', container_format: 'bare' };
  const { json } = await service.call('producer', 'POST', '/v2/images', body);
  const path = `/v2/images/${json.id}/file`;
  assert.equal((await service.call('producer', 'PUT', path, bytes, octets)).status, 204);
  return json.id;
}

function fileOf(store: string, id: string): string {
  return join(folder.path, store, id.slice(0, 2), id);
}

async function flip(path: string, position: number): Promise<void> {
  await using file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  byte.writeUInt8(byte.readUInt8() ^ 1);
  await file.write(byte, 0, 1, position);
}

function download(id: string) {
  return service.call('producer', 'GET', `/v2/images/${id}/file`);
}

async function look(id: string) {
  const { status, json } = await service.call('admin', 'POST', `/vitrine/v1/images/${id}/scrub`);
  assert.equal(status, 200);
  return json;
}

async function troubles() {
  const { json } = await service.call('admin', 'GET', '/vitrine/v1/scrub');
  const idsOf = (list: readonly { image_id: string }[]) => list.map((one) => one.image_id);
  return { damaged: idsOf(json.damaged), unreadable: idsOf(json.unreadable) };
}

test('a mark goes as soon as a look finds the data as it was uploaded', async () => {
  const id = await imageWith(data);
  await flip(fileOf('near', id), chunk + 7);

  assert.deepEqual(await look(id), { image_id: id, state: 'damaged', position: chunk });
  assert.equal((await download(id)).status, 503);
  await flip(fileOf('near', id), chunk + 7);
  assert.deepEqual(await look(id), { image_id: id, state: 'whole', position: null });

  assert((await download(id)).bytes.equals(data));
  assert(!(await troubles()).damaged.includes(id));
});

test('each part is read from a copy that has it as it was', async () => {
  const id = await imageWith(data);
  const body = { method: { name: 'copy-image' }, stores: ['far'] };
  assert.equal((await startImport(service, id, body, 'admin')).status, 202);
  await imported(service, id);
  const copies = [fileOf('near', id), await farFileOf(id)] as const;
  await flip(copies[0], 10);
  await flip(copies[1], 2 * chunk + 10);

  assert.equal((await look(id)).state, 'damaged');
  const whole = await download(id);
  await flip(copies[1], 20);
  // No copy has the first part any more.
  await assert.rejects(download(id), /aborted|socket hang up/);

  assert(whole.bytes.equals(data));
});

/** A copy has an id of its own. */
async function farFileOf(id: string): Promise<string> {
  await using database = await service.openDatabase();
  const [row] = await database.read
    .selectFrom('images')
    .select('locations')
    .where('id', '=', id)
    .execute();
  const places: readonly { store: string; url: string }[] = JSON.parse(row?.locations ?? '[]');
  const url = places.find(({ store }) => store === 'far')?.url ?? '';
  return fileOf('far', url.slice(-36));
}

/** The parts of the service, opened beside it. */
async function opened() {
  const parts = new AsyncDisposableStack();
  const threads = parts.use(hashers({ pairs: 1 }));
  const database = parts.use(await service.openDatabase());
  const places = ['near', 'far'].map((id) => ({
    store: filesystemStore({
      id,
      directory: join(folder.path, id),
      minFreeBytes: 0,
      hashers: threads,
    }),
    ...{ type: 'file' as const, description: '', weight: 0, properties: {} },
  }));
  const [near, far] = places;
  assert(near && far);
  const clock = () => new Date();
  const said: string[] = [];
  const report = (message: string) => void said.push(message);
  const events = eventsService({
    ...{ database, clock, report, sink: undefined, publisherId: 'test', disabled: [] },
  });
  const options = { database, stores: storesOf([near, far]), events, clock, report, said };
  return { ...options, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

test('data that cannot be read is counted, and keeps no other from being looked at', async () => {
  const ids = [await imageWith(data), await imageWith(data), await imageWith(data)] as const;
  const [first, second] = ids;
  // What is read of a folder fails as what is read of a broken sector does.
  await rename(fileOf('near', first), `${fileOf('near', first)}.away`);
  await mkdir(fileOf('near', first));
  await using parts = await opened();
  const { database, said } = parts;
  await database.write.updateTable('data_checks').set({ verified_at: 0 }).execute();
  await database.write
    .updateTable('data_checks')
    .set({ verified_at: -1 })
    .where('image_id', '=', first)
    .execute();
  await flip(fileOf('near', second), 1);

  const counts = lookCounts();
  const options = { ...parts, counts, scrubRate: 10 ** 9, scrubInterval: 3_600_000 };
  await scrub(options, new AbortController().signal);
  const { json: status } = await service.call('admin', 'GET', '/vitrine/v1/scrub');
  const { text } = await service.call('nobody', 'GET', '/metrics');

  const { damaged, unreadable } = await troubles();
  assert.deepEqual(unreadable, [first]);
  const { began_at: began, seen_at: seen, ended_at: ended, ...run } = status.run;
  assert(began <= seen && seen === ended);
  assert.equal(run.images, run.due, 'all that was due was looked at');
  assert(run.images >= 3);
  assert.deepEqual([run.damaged, run.unreadable], [damaged.length, 1]);
  assert.equal(run.bytes, counts.bytes);
  assert(run.chunks >= 6 && run.chunks === counts.chunks);
  assert.equal(counts.damaged, 1);
  const metrics = metricsIn(text);
  assert.equal(metrics.get('vitrine_scrub_run_images', { state: 'done' }), run.images);
  assert.equal(
    metrics.get('vitrine_scrub_run_time_seconds', { at: 'end' }),
    Date.parse(ended) / 1000,
  );
  assert.equal(metrics.get('vitrine_troubled_images', { trouble: 'unreadable' }), 1);
  assert(metrics.get('vitrine_troubled_images', { trouble: 'damaged' }) >= 1);
  assert(damaged.includes(second));
  assert.deepEqual(await listDueData(database.read, new Date(1), 10), []);
  assert.deepEqual(
    said.filter((text) => text.includes(first)),
    [`The data of image ${first} could not be read.`],
  );
  await rm(fileOf('near', first), { recursive: true });
  await rename(`${fileOf('near', first)}.away`, fileOf('near', first));
  assert.equal((await look(first)).state, 'whole');
  assert.deepEqual((await troubles()).unreadable, []);
});

test('what is staged stays when the answer of its commit was lost', async () => {
  const { id } = await stagedImage(service);
  await using parts = await opened();
  const staged = (await findImageImport(parts.database.read, id))?.staged;
  assert(staged);
  const dataId = staged.url.slice(-36);

  await abandon(parts, { imageId: id, store: staged.store, dataId }, new Error('no answer'));

  assert((await readFile(fileOf('near', dataId))).length > 0);
  const body = { method: { name: 'glance-direct' } };
  assert.equal((await startImport(service, id, body)).status, 202);
  assert.equal((await imported(service, id))['status'], 'active');
});

test('staged data that no record names goes with its upload', async () => {
  const { id } = await stagedImage(service);
  await using parts = await opened();
  const dataId = crypto.randomUUID();
  await mkdir(join(folder.path, 'near', dataId.slice(0, 2)), { recursive: true });
  await writeFile(fileOf('near', dataId), 'left');

  await abandon(parts, { imageId: id, store: 'near', dataId }, new Error('no answer'));

  await assert.rejects(readFile(fileOf('near', dataId)), { code: 'ENOENT' });
});
