import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { openDatabase } from '../../src/database/database.ts';
import { migrateToLatest } from '../../src/database/migrate.ts';
import { openSqlite, sqliteDialect } from '../../src/database/node-sqlite.ts';
import type { Tables } from '../../src/database/tables.ts';
import {
  deleteReservation,
  insertReservation,
  listReservations,
  type Reservation,
} from '../../src/database/upload-reservations.ts';
import { addUsage, findUsage } from '../../src/database/usage.ts';
import { emptyDatabase } from '../support/database.ts';
import { emptyFolder } from '../support/service-process.ts';

const nothing = { images: 0, bytes: 0, stagedBytes: 0, uploads: 0 };

test('use is added up for each project alone', async () => {
  await using store = await emptyDatabase();
  const { write } = store.database;

  await addUsage(write, 'a', { images: 1, bytes: 7 });
  await addUsage(write, 'a', { images: 1, bytes: -3, uploads: 2 });
  await addUsage(write, 'b', { stagedBytes: 5 });
  await addUsage(write, null, { images: 1 });

  assert.deepEqual(await findUsage(write, 'a'), { ...nothing, images: 2, bytes: 4, uploads: 2 });
  assert.deepEqual(await findUsage(write, 'b'), { ...nothing, stagedBytes: 5 });
  assert.deepEqual(await findUsage(write, 'c'), nothing);
});

test('what a process set aside for uploads is found by its id, and given back for each project', async () => {
  await using store = await emptyDatabase();
  const { write } = store.database;
  const set = { bytes: 10, processId: 'gone' };
  const insert = (reservation: Pick<Reservation, 'imageId' | 'projectId'> & Partial<Reservation>) =>
    insertReservation(write, {
      ...{ ...set, stagedBytes: 0, store: null, dataId: reservation.imageId },
      ...reservation,
    });
  await insert({ imageId: '1', projectId: 'a' });
  await insert({ imageId: '2', projectId: 'b', bytes: 20 });
  await insert({ imageId: '3', projectId: null });
  await insert({ imageId: '4', projectId: 'b', processId: 'here' });

  const before = await findUsage(write, 'b');
  const left = await listReservations(write, 'gone');
  for (const imageId of left) await deleteReservation(write, imageId);

  assert.deepEqual(left.toSorted(), ['1', '2', '3']);
  assert.deepEqual(before, { ...nothing, bytes: 30, uploads: 2 });
  assert.deepEqual(await findUsage(write, 'a'), nothing);
  assert.deepEqual(await findUsage(write, 'b'), { ...nothing, bytes: 10, uploads: 1 });
});

test('the images of an older release are counted when its file is opened', async () => {
  await using folder = await emptyFolder();
  const path = join(folder.path, 'vitrine.db');
  const old = new Kysely<Tables>({
    dialect: sqliteDialect(openSqlite(path, { readOnly: false })),
  });
  await migrateToLatest(old, '0002-identity');
  for (const [id, owner, size] of [
    ['1', 'a', 5],
    ['2', 'a', null],
    ['3', null, 9],
  ]) {
    await sql`insert into images (id, owner, size, status, visibility, protected, os_hidden, min_disk,
        min_ram, tags, properties, created_at, updated_at)
      values (${id}, ${owner}, ${size}, 'active', 'shared', 0, 0, 0, 0, '[]', '{}', 0, 0)`.execute(
      old,
    );
  }
  await old.destroy();

  await using database = await openDatabase(path);

  assert.deepEqual(await findUsage(database.read, 'a'), { ...nothing, images: 2, bytes: 5 });
});
