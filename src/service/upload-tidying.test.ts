import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyDatabase } from '../../test/support/database.ts';
import { imageWith } from '../../test/support/domain.ts';
import { emptyFolder } from '../../test/support/service-process.ts';
import { startSaving } from '../database/image-uploads.ts';
import { findImage, insertImage } from '../database/images.ts';
import { insertSegment } from '../database/upload-segments.ts';
import { findUpload, insertUpload, listWhole } from '../database/uploads.ts';
import type { Upload } from '../domain/upload.ts';
import { filesystemStore } from '../store/filesystem.ts';
import { hashers } from '../store/hashing.ts';
import type { Store } from '../store/store.ts';
import { storesOf } from '../store/stores.ts';
import { eventsService } from './events.ts';
import { unwantedData } from './unwanted-data.ts';
import { uploadTurns } from './upload-holds.ts';
import { type TidyOptions, uploadTidying } from './upload-tidying.ts';

const hour = 3_600_000;
const { signal } = new AbortController();

/** Uploads in a database and a folder of their own. */
async function scene(change: (store: Store) => Store = (store) => store) {
  await using made = new AsyncDisposableStack();
  const { database } = made.use(await emptyDatabase());
  const folder = made.use(await emptyFolder());
  const files = filesystemStore({
    id: 'files',
    directory: join(folder.path, 'images'),
    minFreeBytes: 0,
    hashers: made.use(hashers({ pairs: 1 })),
  });
  const stores = storesOf([
    { store: change(files), type: 'file', description: '', weight: 0, properties: {} },
  ]);
  const clock = () => new Date();
  const report = () => undefined;
  const options: TidyOptions = {
    ...{ database, stores, clock, certificates: '', turns: uploadTurns() },
    unwantedData: unwantedData({ database, stores, report }),
    formats: { requiresMatch: true, vmdkTypes: [], harmlessChecks: [] },
    events: eventsService({
      ...{ database, clock, report, sink: undefined, publisherId: 'test', disabled: [] },
    }),
  };
  const parts = made.move();

  /** An upload that nobody is at; whole if it is of nothing. */
  async function add({ size = 0, received = 0, life = hour } = {}): Promise<Upload> {
    const image = imageWith({ id: randomUUID(), diskFormat: 'raw', containerFormat: 'bare' });
    const upload: Upload = {
      ...{
        id: randomUUID(),
        imageId: image.id,
        projectId: 'owner',
        userId: null,
        imageOwner: 'owner',
      },
      ...{ store: null, size, received, isDone: false, expiresAt: new Date(Date.now() + life) },
    };
    await database.transaction(async (db) => {
      await insertImage(db, image);
      await startSaving(db, image.id, clock());
      await insertUpload(db, upload);
    });
    return upload;
  }

  /** A whole upload whose data has gone away. */
  async function addLost(): Promise<Upload> {
    const upload = await add({ size: 10, received: 10 });
    const { id: processId } = database.processes;
    const segment = { dataId: randomUUID(), store: null, number: 1, size: 10, processId };
    await database.transaction((db) => insertSegment(db, upload.id, segment));
    return upload;
  }

  return {
    options,
    database,
    add,
    addLost,
    statusOf: async ({ imageId }: Upload) =>
      (await findImage(database.read, imageId, null))?.image.status,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

test('an upload that cannot be brought to its image is tried again ever less often', async () => {
  await using place = await scene();
  const { database, options, statusOf } = place;
  const [lost, whole] = [await place.addLost(), await place.add()];
  const tidying = uploadTidying(options);
  const waits: number[] = [];

  for (let round = 0; round < 3; round += 1) {
    await assert.rejects(tidying.completeWhole(signal));
    const due = await listWhole(database.read);
    assert.deepEqual(due, []);
    const row = await database.read
      .selectFrom('uploads')
      .select(['held_until', 'holder'])
      .where('id', '=', lost.id)
      .executeTakeFirstOrThrow();
    assert.equal(row.holder, null, 'its sender can go on with it');
    waits.push(Math.round((row.held_until - Date.now()) / 30_000));
    await database.transaction((db) => db.updateTable('uploads').set({ held_until: 0 }).execute());
  }

  assert.deepEqual(waits, [1, 2, 4]);
  assert.deepEqual([await statusOf(lost), await statusOf(whole)], ['saving', 'active']);
});

test('neither other uploads nor those whose time is over wait for a store that takes long', async () => {
  const reached = Promise.withResolvers<string>();
  const released = Promise.withResolvers<void>();
  let isFirst = true;
  await using place = await scene((store) => ({
    ...store,
    async put(imageId, ...rest) {
      if (isFirst) {
        isFirst = false;
        reached.resolve(imageId);
        await released.promise;
      }
      return await store.put(imageId, ...rest);
    },
  }));
  const { options, statusOf } = place;
  const whole = [await place.add(), await place.add(), await place.add()];
  const over = await place.add({ size: 10, life: -1 });
  const tidying = uploadTidying(options);

  const completing = tidying.completeWhole(signal);
  const slow = await reached.promise;
  await tidying.endExpired(signal);
  const ended = await statusOf(over);
  for (const upload of whole.filter(({ imageId }) => imageId !== slow)) {
    for (const end = Date.now() + 10_000; (await statusOf(upload)) !== 'active'; ) {
      assert(Date.now() < end, 'another upload waits');
    }
  }
  const during = await Promise.all(whole.map(statusOf));
  released.resolve();
  await completing;

  assert.equal(ended, 'queued');
  assert.equal(during.filter((status) => status === 'active').length, 2);
  assert.deepEqual(await Promise.all(whole.map(statusOf)), ['active', 'active', 'active']);
});

test('an upload that goes on just when its time is over is not given up', async () => {
  await using place = await scene();
  const { database, options, statusOf } = place;
  const upload = await place.add({ size: 10, life: -1 });
  const turns = {
    ...options.turns,
    async take(id: string) {
      const expires = { expires_at: Date.now() + hour };
      await database.transaction((db) => db.updateTable('uploads').set(expires).execute());
      return await options.turns.take(id);
    },
  };

  await uploadTidying({ ...options, turns }).endExpired(signal);

  assert.equal((await findUpload(database.read, upload.id))?.id, upload.id);
  assert.equal(await statusOf(upload), 'saving');
});

test('an upload that is whole when its time is over is tried once more, and then given up', async () => {
  await using place = await scene();
  const { database, options, statusOf } = place;
  const [whole, lost] = [await place.add({ life: -1 }), await place.addLost()];
  await database.transaction((db) => db.updateTable('uploads').set({ expires_at: 1 }).execute());

  await uploadTidying(options).endExpired(signal);

  assert.deepEqual([await statusOf(whole), await statusOf(lost)], ['active', 'queued']);
});
