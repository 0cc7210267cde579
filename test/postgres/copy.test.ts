import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { parseImageQuery } from '../../src/api/image-query.ts';
import { listImages } from '../../src/database/image-list.ts';
import { findImage, insertImage } from '../../src/database/images.ts';
import { lockInstance } from '../../src/database/instance-lock.ts';
import { insertMember, listMembers } from '../../src/database/members.ts';
import { emptyDatabase } from '../support/database.ts';
import { callerOf, imageWith } from '../support/domain.ts';
import { openAt, postgresDatabase } from '../support/postgres/databases.ts';

const script = fileURLToPath(new URL('../../scripts/copy-database.ts', import.meta.url));

function copy(from: string, to: string) {
  return spawnSync(process.execPath, [script, '--from', from, '--to', to], { encoding: 'utf8' });
}

const long = 'v'.repeat(1000);
const image = imageWith({ name: 'kept', tags: ['b', 'a'], properties: new Map([['long', long]]) });

const memberOf = (projectId: string) => ({
  imageId: image.id,
  projectId,
  status: 'pending' as const,
  createdAt: new Date(1),
  updatedAt: new Date(2),
});

test('the records of an SQLite file are found on PostgreSQL as they were, and only in an empty database', async () => {
  await using file = await emptyDatabase();
  await using store = await postgresDatabase();
  const { database: sqlite, path } = file;
  await insertImage(sqlite.write, image);
  for (const projectId of ['second', 'first']) {
    await insertMember(sqlite.write, image, memberOf(projectId));
  }
  const running = lockInstance(join(dirname(path), 'vitrine.lock'));
  const early = copy(path, store.url);
  running[Symbol.dispose]();

  const done = copy(path, store.url);
  const again = copy(path, store.url);

  assert.match(early.stderr, /Another Vitrine runs on this data folder/);
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, /^image_members: 2$/m);
  assert.match(done.stdout, /All records are there\.\n$/);
  assert.match(again.stderr, /The target is not empty: images has rows/);
  await using database = await openAt(store.url);
  const seen = [sqlite, database].map(({ read }) => findImage(read, image.id, 'first'));
  const [before, after] = await Promise.all(seen);
  assert.deepEqual(after, before);
  const query = parseImageQuery(new URLSearchParams(`long=${long}&tag=b`), {
    default: 25,
    max: 1000,
  });
  const found = await listImages(database.read, callerOf('owner', 'member'), query, undefined);
  assert.equal(found.length, 1);
  // New rows are numbered behind those that came.
  await insertMember(database.write, image, memberOf('third'));
  const members = await listMembers(database.read, image.id);
  assert.deepEqual(
    members.map(({ projectId }) => projectId),
    ['second', 'first', 'third'],
  );
  const { rows } = await sql`select image_id from image_documents`.execute(database.read);
  assert.equal(rows.length, 1);
});
