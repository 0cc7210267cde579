import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CompiledQuery } from 'kysely';
import type { Connection } from '../../src/database/database.ts';
import { insertImage } from '../../src/database/images.ts';
import { insertMember, listPartners } from '../../src/database/members.ts';
import { isVisible, visibilities } from '../../src/domain/visibility.ts';
import { emptyDatabase, isOnPostgres } from '../support/database.ts';
import { callerOf, imageWith } from '../support/domain.ts';

const statuses = [undefined, 'pending', 'accepted', 'rejected'] as const;

/** The steps by which the database answers the query that `use` sends. */
async function stepsOf(
  db: Connection,
  use: (db: Connection) => Promise<unknown>,
): Promise<readonly string[]> {
  const sent: CompiledQuery[] = [];
  // Another adapter has no shorter way to the database, past the one that is listened to.
  const own = {
    getExecutor: () => ({ adapter: {} }),
    executeQuery(query: CompiledQuery) {
      sent.push(query);
      return db.executeQuery(query);
    },
  };
  const listening = new Proxy(db, {
    get(target, name) {
      const value = Reflect.get(name in own ? own : target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  await use(listening);
  const [query] = sent;
  assert(query && sent.length === 1);
  const explained = { ...query, sql: `explain query plan ${query.sql}` };
  const { rows } = await db.executeQuery<{ detail: string }>(
    explained as CompiledQuery<{ detail: string }>,
  );
  return rows.map(({ detail }) => detail);
}

describe('projects that share an image', () => {
  for (const visibility of visibilities) {
    for (const status of statuses) {
      test(`are found of one that is ${visibility} with the answer ${status ?? 'of no member'}`, async () => {
        await using store = await emptyDatabase();
        const { read, write } = store.database;
        const image = imageWith({ visibility });
        await insertImage(write, image);
        if (status) {
          const [createdAt, updatedAt] = [new Date(1), new Date(1)];
          const member = { imageId: image.id, projectId: 'consumer', createdAt, updatedAt };
          await insertMember(write, image, { ...member, status });
        }
        const asked = ['owner', 'consumer', 'stranger', ''];

        const found = await Promise.all(
          ['owner', 'consumer', 'stranger', null].map(async (projectId) => [
            ...(await listPartners(read, asked, projectId)),
          ]),
        );

        // It is the membership that lets the consumer see the image.
        const stranger = callerOf('consumer', 'member');
        const byShare =
          isVisible(image, status, stranger) && !isVisible(image, undefined, stranger);
        assert.deepEqual(found, byShare ? [['consumer'], ['owner'], [], []] : [[], [], [], []]);
      });
    }
  }

  test('are found by index alone, however many images there are', async (context) => {
    if (isOnPostgres()) return context.skip('of SQLite');
    await using store = await emptyDatabase();

    const steps = await stepsOf(store.database.read, (db) => listPartners(db, ['a', 'b'], 'c'));

    const byIndex =
      'SEARCH image_members USING COVERING INDEX image_members_by_owner (image_owner=? AND project_id=? AND image_visibility=? AND expires_at>?)';
    const searches = steps.filter((step) => step.includes('image_members'));
    assert.deepEqual(searches, [byIndex, byIndex]);
  });
});
