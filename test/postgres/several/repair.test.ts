import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Connection, type Database, openDatabase } from '../../../src/database/database.ts';
import { insertImageImport, insertImportData } from '../../../src/database/image-imports.ts';
import { finishSaving, startSaving } from '../../../src/database/image-uploads.ts';
import { findImage, insertImage, insertUnwantedData } from '../../../src/database/images.ts';
import { insertPendingDelete } from '../../../src/database/pending-deletes.ts';
import { insertTask } from '../../../src/database/tasks.ts';
import { insertReservation } from '../../../src/database/upload-reservations.ts';
import { insertSegment } from '../../../src/database/upload-segments.ts';
import { insertUpload } from '../../../src/database/uploads.ts';
import type { Task } from '../../../src/domain/task.ts';
import { repairOf } from '../../../src/service/check/repair.ts';
import { filesystemStore } from '../../../src/store/filesystem.ts';
import { hashers } from '../../../src/store/hashing.ts';
import type { StoredData } from '../../../src/store/store.ts';
import { sourceOf } from '../../support/data.ts';
import { imageWith } from '../../support/domain.ts';
import { openAt, postgresDatabase } from '../../support/postgres/databases.ts';
import { emptyFolder } from '../../support/service-process.ts';
import { seededBytes } from '../../support/slow-data.ts';
import { onlyStore } from '../../support/stores.ts';

/** Data that was nobody's when it was listed. */
interface Listed {
  readonly id: string;
  readonly stored: StoredData;
  readonly path: string;
  /** Has the repair remove it. */
  readonly remove: () => Promise<unknown>;
}

interface Place extends AsyncDisposable {
  readonly database: Database;
  readonly folder: string;
  /** @param partial what an upload has left beside it, to be removed instead */
  orphan(partial?: string): Promise<Listed>;
}

type Open = (parts: AsyncDisposableStack, folder: string) => Promise<Database>;

const databases: Readonly<Record<string, Open>> = {
  SQLite: async (_parts, folder) => await openDatabase(`${folder}/vitrine.db`),
  PostgreSQL: async (parts) => await openAt(parts.use(await postgresDatabase()).url),
};

async function placeOn(open: Open): Promise<Place> {
  await using parts = new AsyncDisposableStack();
  const { path: directory } = parts.use(await emptyFolder());
  const database = parts.use(await open(parts, directory));
  const threads = parts.use(hashers({ pairs: 1 }));
  const store = parts.use(
    filesystemStore({
      id: 'file',
      directory: `${directory}/images`,
      minFreeBytes: 0,
      hashers: threads,
    }),
  );
  await store.check();
  const stores = onlyStore(store);
  const clock = () => new Date();
  const repair = repairOf({ database, stores, removesOrphans: true, clock });
  const rest = parts.move();
  return {
    database,
    folder: directory,
    async orphan(partial) {
      const id = randomUUID();
      const { signal } = new AbortController();
      const stored = await store.put(id, sourceOf(seededBytes('an orphan', 1000)), {
        maxSize: 1000,
        signal,
      });
      const path = store.files?.pathOf(id) ?? '';
      if (partial) await writeFile(`${directory}/images/partial/${id}.${partial}`, 'left');
      const objects = await Array.fromAsync(store.list());
      const kind = partial ? 'partial' : 'whole';
      const object = objects.find((one) => one.kind === kind && one.dataId === id);
      assert(object);
      return { id, stored, path, remove: () => repair.removeOrphan(stores.default, object) };
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

const at = new Date(0);

async function makeSaving(db: Connection, { id }: Listed): Promise<void> {
  await insertImage(db, imageWith({ id }));
  await startSaving(db, id, at);
}

async function makeActive(db: Connection, listed: Listed): Promise<void> {
  const { id, stored } = listed;
  await makeSaving(db, listed);
  const hashes = { osHashAlgo: 'sha512', osHashValue: stored.sha512 };
  const location = { store: null, url: stored.location };
  await finishSaving(db, id, { ...stored, ...hashes, location, virtualSize: null, at });
}

async function otherImage(db: Connection, changes = {}): Promise<string> {
  const id = randomUUID();
  await insertImage(db, imageWith({ id, ...changes }));
  return id;
}

async function otherUpload(db: Connection, imageId: string): Promise<string> {
  const id = randomUUID();
  await insertUpload(db, {
    ...{ id, imageId, projectId: 'owner', userId: null, imageOwner: 'owner', store: null },
    ...{ size: 1000, received: 0, isDone: false, expiresAt: new Date() },
  });
  return id;
}

const owner = { projectId: 'owner', bytes: 0, stagedBytes: 0 };

/** What a record may come to say of data between a look at all of them and its removal. */
const claims: Readonly<Record<string, (db: Connection, listed: Listed) => Promise<unknown>>> = {
  'an image has it': makeActive,

  async 'a deleted image that can be restored has it'(db, listed) {
    await makeActive(db, listed);
    const seen = await findImage(db, listed.id, null);
    assert(seen);
    await insertPendingDelete(db, seen.image, at);
  },

  async 'an image has it as one of its copies'(db, { stored }) {
    const elsewhere = { store: 'other', url: `file:00/${randomUUID()}` };
    const locations = [elsewhere, { store: 'file', url: stored.location }];
    await otherImage(db, { status: 'active', locations });
  },

  'its image is saving': makeSaving,

  async 'an upload brings it'(db, { id: dataId }) {
    const imageId = await otherImage(db);
    await insertReservation(db, { ...owner, imageId, processId: 'one', store: null, dataId });
  },

  async 'an upload that can be resumed brings it'(db, { id }) {
    await insertImage(db, imageWith({ id }));
    await otherUpload(db, id);
  },

  async 'it is a piece of an upload'(db, { id: dataId }) {
    const upload = await otherUpload(db, await otherImage(db));
    await insertSegment(db, upload, { dataId, store: null, number: 1, size: 0, processId: 'one' });
  },

  async 'it waits to be imported'(db, { stored }) {
    const imageId = await otherImage(db);
    const staged = { ...stored, store: null, url: stored.location };
    const look = { checkedAs: null, virtualSize: null };
    await insertImageImport(db, { ...owner, imageId, staged: { ...staged, ...look } });
  },

  async 'an import brings it'(db, { id }) {
    const imageId = await otherImage(db);
    const task: Task = {
      ...{ id: randomUUID(), type: 'import', status: 'processing', owner: 'owner' },
      ...{ userId: 'user', requestId: 'request', imageId, input: {}, result: null },
      ...{ message: '', createdAt: at, updatedAt: at, expiresAt: null },
    };
    await insertTask(db, task);
    await insertImportData(db, { id, store: null }, task.id);
  },

  'it is to be removed': (db, { stored }) =>
    insertUnwantedData(db, { store: null, url: stored.location }),
};

for (const [name, open] of Object.entries(databases)) {
  describe(`data that was nobody's when a check saw it, on ${name}`, () => {
    test('is removed when it still is, and let be when it has become somebody’s', async () => {
      await using place = await placeOn(open);
      const { database } = place;
      const told: Record<string, unknown> = {};
      const orphan = await place.orphan();
      for (const [claim, make] of Object.entries(claims)) {
        const listed = await place.orphan();
        await database.transaction(async (db) => void (await make(db, listed)));
        told[claim] = [await listed.remove(), existsSync(listed.path)];
      }

      const removed = await orphan.remove();

      const text = 'no record named it, and it was removed';
      assert.deepEqual(removed, { outcome: 'mended', text });
      assert(!existsSync(orphan.path));
      const all = Object.keys(claims).map((claim) => [claim, ['none', true]]);
      assert.deepEqual(told, Object.fromEntries(all));
    });

    test('is removed alone when an upload has left it of an image that has data', async () => {
      await using place = await placeOn(open);
      const listed = await place.orphan(randomUUID());
      await place.database.transaction((db) => makeActive(db, listed));

      const outcome = await listed.remove();

      const text = 'no record named it, and it was removed';
      assert.deepEqual(outcome, { outcome: 'mended', text });
      assert.deepEqual(await readdir(`${place.folder}/images/partial`), []);
      assert(existsSync(listed.path));
    });

    test('is let be when it has changed', async () => {
      await using place = await placeOn(open);
      const listed = await place.orphan();
      await utimes(listed.path, at, at);

      const outcome = await listed.remove();

      assert.deepEqual([outcome, existsSync(listed.path)], ['none', true]);
    });
  });
}

test('an upload that begins while its data is taken for nobody’s is waited for', async () => {
  await using place = await placeOn(databases['PostgreSQL'] as Open);
  const { database } = place;
  const listed = await place.orphan();
  await database.transaction(
    async (db) => void (await insertImage(db, imageWith({ id: listed.id }))),
  );
  const [begun, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const upload = database.transaction(async (db) => {
    await startSaving(db, listed.id, at);
    begun.resolve();
    await commit.promise;
  });
  await begun.promise;

  const removing = listed.remove();
  const first = await Promise.race([removing, setTimeout(300, 'waits')]);
  commit.resolve();
  await upload;

  assert.equal(first, 'waits');
  assert.equal(await removing, 'none');
  assert(existsSync(listed.path));
});
