import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { listImages } from '../../src/database/image-list.ts';
import { insertImage } from '../../src/database/images.ts';
import { insertMember } from '../../src/database/members.ts';
import type { Caller } from '../../src/domain/caller.ts';
import type { Image } from '../../src/domain/image.ts';
import {
  type ImageQuery,
  type SortDirection,
  type SortOrder,
  sortKeys,
} from '../../src/domain/image-query.ts';
import { emptyDatabase, type TestDatabase } from '../support/database.ts';
import { callerOf, imageWith } from '../support/domain.ts';

const consumer = callerOf('consumer', 'member');
const admin = callerOf('elsewhere', 'admin');

/** Own, public and shared images, with ties and nulls in every column that a list is sorted by. */
const images: readonly Image[] = Array.from({ length: 24 }, (_, index) => {
  const at = new Date(1_000 * Math.floor(index / 4));
  return imageWith({
    id: `image ${String((index * 7) % 24).padStart(2, '0')}`,
    name: [null, '', 'a', 'B', 'ä'][index % 5] ?? null,
    owner: index % 3 === 0 ? 'consumer' : 'owner',
    visibility: (['shared', 'public', 'shared'] as const)[index % 3] ?? 'shared',
    status: index % 4 === 0 ? 'queued' : 'active',
    size: [null, 0, 5, 2 ** 40][index % 4] ?? null,
    diskFormat: [null, 'raw', 'qcow2'][index % 3] ?? null,
    containerFormat: index % 2 === 0 ? 'bare' : null,
    createdAt: at,
    updatedAt: new Date(at.getTime() + (index % 2)),
  });
});

let store: TestDatabase;

before(async () => {
  store = await emptyDatabase();
  await store.database.transaction(async (db) => {
    for (const image of images) {
      await insertImage(db, image);
      const { id: imageId, createdAt, updatedAt } = image;
      const member = { imageId, projectId: 'consumer', createdAt, updatedAt };
      await insertMember(db, image, { ...member, status: 'accepted' });
    }
  });
});

after(() => store[Symbol.asyncDispose]());

function queryOf(order: readonly SortOrder[], limit: number): ImageQuery {
  const scope = { visibility: undefined, memberStatus: 'accepted' } as const;
  return { scope, osHidden: false, filters: [], order, limit, marker: undefined };
}

/** Walks the list from page to page, as a client that follows `next` does. */
async function walk(caller: Caller, order: readonly SortOrder[], limit: number) {
  const found: Image[] = [];
  for (;;) {
    const page = await listImages(store.database.read, caller, queryOf(order, limit), found.at(-1));
    found.push(...page);
    if (page.length < limit) return found;
  }
}

/** The order that is promised, said in code: nulls as empty or zero, text by code point. */
function compare(order: readonly SortOrder[], one: Image, other: Image): number {
  for (const { key, direction } of order) {
    const [first, second] = [sortValue(one, key), sortValue(other, key)];
    if (first !== second) return first < second === (direction === 'asc') ? -1 : 1;
  }
  return 0;
}

function sortValue(image: Image, key: SortOrder['key']): string | number {
  const values = {
    name: image.name ?? '',
    status: image.status,
    container_format: image.containerFormat ?? '',
    disk_format: image.diskFormat ?? '',
    size: image.size ?? 0,
    id: image.id,
    created_at: image.createdAt.getTime(),
    updated_at: image.updatedAt.getTime(),
  };
  return values[key];
}

/** Every key in both directions, the ties broken in the same direction and against it. */
function* everyOrder(): Generator<readonly SortOrder[]> {
  const directions: readonly SortDirection[] = ['asc', 'desc'];
  for (const key of sortKeys) {
    for (const direction of directions) {
      for (const tie of directions) {
        const order = [{ key, direction }, ...ties(tie)];
        yield order.filter((item, index) => order.findIndex((o) => o.key === item.key) === index);
      }
    }
  }
}

function ties(direction: SortDirection): SortOrder[] {
  return [
    { key: 'created_at', direction },
    { key: 'id', direction },
  ];
}

for (const order of everyOrder()) {
  const name = order.map(({ key, direction }) => `${key}:${direction}`).join(',');
  test(`pages sorted by ${name} hold every image once, in order`, async () => {
    const expected = images.toSorted((one, other) => compare(order, one, other));

    for (const limit of [1, 2, 3, 24, 25]) {
      for (const caller of [consumer, admin]) {
        const found = await walk(caller, order, limit);

        assert.deepEqual(ids(found), ids(expected), `limit ${limit}`);
      }
    }
  });
}

test('a page of no images asks for none', async () => {
  const page = await listImages(store.database.read, admin, queryOf(ties('desc'), 0), undefined);

  assert.deepEqual(page, []);
});

function ids(list: readonly Image[]): string[] {
  return list.map(({ id }) => id);
}
