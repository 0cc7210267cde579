import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { emptyDatabase } from '../../test/support/database.ts';
import type { Connection, Database } from './database.ts';
import { openSqlite } from './node-sqlite.ts';
import { findOverrides, setOverride } from './quotas.ts';

const limit = (projectId: string, value: number) => (db: Connection) =>
  setOverride(db, projectId, ['image_count_total', value]);

async function limitsOf({ read }: Database, ...projectIds: string[]): Promise<unknown[]> {
  const found = await Promise.all(projectIds.map((id) => findOverrides(read, id)));
  return found.map((overrides) => overrides.get('image_count_total'));
}

/** A number that grows with every commit that another connection makes. */
function commitsOf(path: string) {
  const file = openSqlite(path, { readOnly: true });
  const version = file.prepare('pragma data_version');
  const seen = () => (version.all([])[0] as { data_version: number }).data_version;
  return { seen, [Symbol.dispose]: () => file.close() };
}

test('changes that come in together are one commit, those that come later another', async () => {
  await using opened = await emptyDatabase();
  const { database } = opened;
  using commits = commitsOf(opened.path);
  const before = commits.seen();

  await Promise.all([1, 2, 3].map((n) => database.transaction(limit(`project-${n}`, n))));
  const together = commits.seen();
  await database.transaction(limit('project-4', 4));

  assert.equal(together - before, 1);
  assert.equal(commits.seen() - together, 1);
  const projects = [1, 2, 3, 4].map((n) => `project-${n}`);
  assert.deepEqual(await limitsOf(database, ...projects), [1, 2, 3, 4]);
});

test('a change that fails is undone alone', async () => {
  await using opened = await emptyDatabase();
  const { database } = opened;
  const failure = new Error('after its first half');

  const settled = await Promise.allSettled([
    database.transaction(limit('before', 1)),
    database.transaction(async (db) => {
      await limit('failed', 2)(db);
      throw failure;
    }),
    database.transaction(limit('after', 3)),
  ]);

  assert.deepEqual(settled[1], { status: 'rejected', reason: failure });
  const found = await limitsOf(database, 'before', 'failed', 'after');
  assert.deepEqual(found, [1, undefined, 3]);
});

test('a change sees those before it', async () => {
  await using opened = await emptyDatabase();
  const { database } = opened;
  const first = database.transaction(limit('project', 1));

  const seen = database.transaction((db) => findOverrides(db, 'project'));

  assert.equal((await seen).get('image_count_total'), 1);
  await first;
});

test('when the group cannot be committed nobody is told of a success', async () => {
  await using opened = await emptyDatabase();
  const { database } = opened;
  const orphan = async (db: Connection): Promise<void> => {
    // Checked only at the commit, which then fails.
    await sql`pragma defer_foreign_keys = on`.execute(db);
    const copies = {
      owner: null,
      visibility: 'private',
      os_hidden: 0,
      image_created_at: 0,
    } as const;
    await db
      .insertInto('image_tags')
      .values({ image_id: 'no image', tag: 'a', ...copies })
      .execute();
  };

  const settled = await Promise.allSettled([
    database.transaction(limit('project', 1)),
    database.transaction(orphan),
  ]);
  await database.transaction(limit('later', 2));

  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.deepEqual(await limitsOf(database, 'project', 'later'), [undefined, 2]);
});

test('more changes than one group takes all get their turn', async () => {
  await using opened = await emptyDatabase();
  const { database } = opened;
  const numbers = Array.from({ length: 200 }, (_, n) => n);

  await Promise.all(numbers.map((n) => database.transaction(limit(`project-${n}`, n))));

  const found = await limitsOf(database, ...numbers.map((n) => `project-${n}`));
  assert.deepEqual(found, numbers);
});
