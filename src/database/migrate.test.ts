import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Kysely, sql } from 'kysely';
import { emptyDatabase } from '../../test/support/database.ts';
import { callerOf, imageWith, withPlainProperties } from '../../test/support/domain.ts';
import { imageJson } from '../api/image-document.ts';
import { parseImageQuery } from '../api/image-query.ts';
import type { Image } from '../domain/image.ts';
import { type Connection, openDatabase } from './database.ts';
import { findDocument } from './image-documents.ts';
import { listImages } from './image-list.ts';
import { findImage, insertImage, insertLookups, updateImage } from './images.ts';
import { insertMember, listMembers, listPartners } from './members.ts';
import { migrate, migrateToLatest, migrations } from './migrate.ts';
import { openSqlite, sqliteDialect } from './node-sqlite.ts';
import { restorePendingDelete } from './pending-deletes.ts';
import type { Tables } from './tables.ts';

const versions = Object.keys(migrations);
const image = imageWith({
  name: 'kept',
  tags: ['b', 'a'],
  properties: new Map([['os_distro', 'debian']]),
});
const member = {
  imageId: image.id,
  projectId: 'consumer',
  status: 'rejected',
  createdAt: new Date(1),
  updatedAt: new Date(2),
} as const;

/** A database file as a release at `version` left it. */
async function fileAt(version: string) {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-migrate-'));
  const path = join(folder, 'vitrine.db');
  const db = new Kysely<Tables>({
    dialect: sqliteDialect(openSqlite(path, { readOnly: false })),
  });
  await migrateToLatest(db, version);
  return {
    path,
    db,
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true }),
  };
}

/** Writes in the words of the first version, which every later one keeps but for the lookups. */
async function insertOld(db: Kysely<Tables>, version: string): Promise<void> {
  await sql`insert into images (id, name, owner, status, visibility, protected, os_hidden, min_disk,
      min_ram, tags, properties, created_at, updated_at)
    values (${image.id}, 'kept', 'owner', 'queued', 'shared', 0, 0, 0, 0, '["b","a"]',
      '{"os_distro":"debian"}', 0, 0)`.execute(db);
  await sql`insert into image_members
      (image_id, project_id, status, created_at, updated_at, image_created_at)
    values (${image.id}, 'consumer', 'rejected', 1, 2, 0)`.execute(db);
  if (version >= '0007') {
    await sql`update image_members set image_owner = 'owner', image_visibility = 'shared'`.execute(
      db,
    );
  }
  if (version >= '0006') {
    await sql`update images set sort_name = name`.execute(db);
    return await insertLookups(db, image);
  }
  await sql`insert into image_tags (tag, image_id)
    values ('b', ${image.id}), ('a', ${image.id})`.execute(db);
  await sql`insert into image_properties (name, value, image_id)
    values ('os_distro', 'debian', ${image.id})`.execute(db);
}

/** Who finds the image by those parameters of a list: its owner, and the project that rejected it. */
async function whoFinds(db: Connection, parameters: string): Promise<string[]> {
  const asked = new URLSearchParams(`${parameters}&member_status=rejected`);
  const query = parseImageQuery(asked, { default: 25, max: 1000 });
  const found = ['owner', 'consumer', 'stranger'].map(async (projectId) => {
    const images = await listImages(db, callerOf(projectId, 'member'), query, undefined);
    return images.map(() => projectId);
  });
  return (await Promise.all(found)).flat();
}

const copies = sql.raw('owner, visibility, os_hidden');

async function lookups(db: Connection): Promise<unknown> {
  return [
    await sql`select image_id, tag, image_created_at, ${copies} from image_tags
      order by image_id, tag`.execute(db),
    await sql`select image_id, name, value, image_created_at, ${copies} from image_properties
      order by image_id, name`.execute(db),
  ].map(({ rows }) => rows);
}

/** The same rows, made from what the images themselves hold. */
async function lookupsFromImages(db: Connection): Promise<unknown> {
  return [
    await sql`select images.id as image_id, value as tag, created_at as image_created_at, ${copies}
      from images, json_each(tags) order by images.id, value`.execute(db),
    await sql`select images.id as image_id, key as name, value, created_at as image_created_at,
        ${copies}
      from images, json_each(properties) order by images.id, key`.execute(db),
  ].map(({ rows }) => rows);
}

for (const version of versions) {
  test(`a file at ${version} is brought to the newest version, its images kept`, async () => {
    await using file = await fileAt(version);
    await insertOld(file.db, version);
    await file.db.destroy();

    await using database = await openDatabase(file.path);

    const seen = await findImage(database.read, image.id, 'consumer');
    assert.ok(seen);
    assert.deepEqual(withPlainProperties(seen.image), image);
    assert.equal(seen.membership, 'rejected');
    const shown = await findDocument(database.read, image.id, 'consumer');
    assert.equal(shown?.document, imageJson(image));
    assert.deepEqual(await listMembers(database.read, image.id), [member]);
    for (const parameters of ['name=kept', 'tag=a', 'tag=b', 'os_distro=debian']) {
      assert.deepEqual(await whoFinds(database.read, parameters), ['owner', 'consumer']);
    }
    assert.deepEqual(await whoFinds(database.read, 'tag=c'), []);
    assert.deepEqual([...(await listPartners(database.read, ['consumer'], 'owner'))], ['consumer']);
    const applied = await sql<{ name: string }>`select name from kysely_migration`.execute(
      database.read,
    );
    assert.deepEqual(applied.rows.map(({ name }) => name).toSorted(), versions);
  });
}

test('an image that an earlier release deleted is found by its name when it is restored', async () => {
  await using file = await fileAt('0005-events');
  await insertOld(file.db, '0005-events');
  await sql`insert into pending_deletes (image_id, owner, size, location, image, members, deleted_at)
    select id, owner, 0, 'somewhere', json_object('id', id, 'name', name, 'owner', owner,
      'status', status, 'visibility', visibility, 'protected', 0, 'os_hidden', 0, 'min_disk', 0,
      'min_ram', 0, 'tags', tags, 'properties', properties, 'created_at', 0, 'updated_at', 0),
      '[]', 0
    from images`.execute(file.db);
  await sql`delete from images`.execute(file.db);
  await file.db.destroy();
  await using database = await openDatabase(file.path);

  await restorePendingDelete(database.write, image.id, new Date(1));

  assert.deepEqual(await whoFinds(database.read, 'name=kept'), ['owner']);
});

test('a file of a newer release is refused, and left as it is', async () => {
  await using file = await fileAt(versions.at(-1) ?? '');
  await sql`insert into kysely_migration values ('9999-newer', '2030-01-01')`.execute(file.db);
  await file.db.destroy();

  await assert.rejects(openDatabase(file.path), /could not be migrated/);
  await assert.rejects(openDatabase(file.path), /could not be migrated/);
});

test('opening twice changes nothing', async () => {
  const newest = versions.at(-1) ?? '';
  await using file = await fileAt(newest);
  await insertOld(file.db, newest);
  await file.db.destroy();

  await (await openDatabase(file.path)).close();
  await using database = await openDatabase(file.path);

  const seen = await findImage(database.read, image.id, null);
  assert.deepEqual(seen && withPlainProperties(seen.image), image);
});

test('steps that are cut off leave nothing, so that the next start can go on', async () => {
  await using file = await fileAt('0004-pending-deletes');
  const cutOff = { up: () => Promise.reject(new Error('The power is gone.')) };

  await assert.rejects(migrate(file.db, { ...migrations, '9999-cut-off': cutOff }));
  await migrateToLatest(file.db);

  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(file.db);
  assert.deepEqual(
    rows.map(({ name }) => name),
    versions,
  );
  await file.db.destroy();
});

describe('constraints', () => {
  test('an image has a project as a member once', async () => {
    await using store = await emptyDatabase();
    const { write } = store.database;
    await insertImage(write, image);
    await insertMember(write, image, member);
    const row = sql`insert into image_members
      (image_id, project_id, status, created_at, updated_at, image_created_at)
      select image_id, project_id, status, created_at, updated_at, image_created_at
      from image_members`;

    await assert.rejects(row.execute(write), /UNIQUE constraint failed/);
    assert.equal(await insertMember(write, image, member), false);
  });

  test('no row holds an answer that is none of the three', async () => {
    await using store = await emptyDatabase();
    const { write } = store.database;
    await insertImage(write, image);
    await insertMember(write, image, member);

    await assert.rejects(
      sql`update image_members set status = 'maybe'`.execute(write),
      /CHECK constraint failed/,
    );
  });

  test('a member of no image is refused', async () => {
    await using store = await emptyDatabase();

    await assert.rejects(
      insertMember(store.database.write, image, member),
      /FOREIGN KEY constraint failed/,
    );
  });

  test('members, tags and properties go with their image', async () => {
    await using store = await emptyDatabase();
    const { write } = store.database;
    await insertImage(write, image);
    await insertMember(write, image, member);

    await sql`delete from images`.execute(write);

    for (const table of ['image_members', 'image_tags', 'image_properties']) {
      const { rows } = await sql`select * from ${sql.table(table)}`.execute(write);
      assert.deepEqual(rows, [], table);
    }
  });

  test('what lists find an image by follows each of its changes', async () => {
    await using store = await emptyDatabase();
    const { write } = store.database;
    await insertImage(write, image);
    const changes: readonly Partial<Image>[] = [
      { visibility: 'private' },
      { owner: 'other' },
      { owner: null, visibility: 'community' },
      { osHidden: true },
      { tags: ['c'] },
      { properties: new Map([['os_distro', 'alpine']]) },
      { tags: [], properties: new Map() },
      { name: 'renamed' },
    ];

    let before = image;
    for (const change of changes) {
      const changed = { ...before, ...change };
      await updateImage(write, changed, before);
      before = changed;

      assert.deepEqual(await lookups(write), await lookupsFromImages(write));
    }
  });

  test('the connection for reading cannot write', async () => {
    await using store = await emptyDatabase();

    await assert.rejects(insertImage(store.database.read, image), /readonly/);
  });
});
