import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CompiledQuery } from 'kysely';
import { listImages, pageQuery } from '../../src/database/image-list.ts';
import { insertImage } from '../../src/database/images.ts';
import { listPlan, listValues } from '../../src/database/list-plan.ts';
import { insertMember } from '../../src/database/members.ts';
import { runPrepared } from '../../src/database/prepared.ts';
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

interface PlanStep {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

/** How the database would find a page: for each range of the union, the steps over its images. */
async function rangesOf(caller: Caller, query: ImageQuery, marker?: Image): Promise<string[][]> {
  const { read } = store.database;
  const compiled = pageQuery(read, listPlan(caller, query, marker)).compile();
  const explained = { ...compiled, sql: `explain query plan ${compiled.sql}` };
  const { rows } = await runPrepared(
    read,
    explained as CompiledQuery<unknown> as CompiledQuery<PlanStep>,
    listValues(caller, query, marker),
  );
  assert.ok(rows.every(({ detail }) => !/^SCAN (images|image_members)\b/.test(detail)));
  const ranges = rows.filter(({ detail }) => detail === 'CO-ROUTINE range');
  return ranges.map(({ id }) =>
    rows.filter(({ parent }) => parent === id).map(({ detail }) => detail),
  );
}

describe('the default list', () => {
  const callers = { consumer, admin, unscoped: callerOf(null) };
  const places = { 'the first page': undefined, 'the page after a marker': images[10] };
  for (const [name, caller] of Object.entries(callers)) {
    for (const [place, marker] of Object.entries(places)) {
      test(`of ${name} is found by index alone, ${place}`, async () => {
        const ranges = await rangesOf(caller, queryOf(ties('desc'), 25), marker);

        assert.ok(ranges.length > 0);
        for (const step of ranges.flat()) {
          assert.match(step, /^SEARCH \w+ USING ((COVERING )?INDEX|PRIMARY KEY)/);
        }
      });
    }
  }

  test('of everything, which an admin may ask for, is found by index alone', async () => {
    const scope = { visibility: 'all', memberStatus: 'all' } as const;

    const ranges = await rangesOf(admin, { ...queryOf(ties('desc'), 25), scope });

    assert.deepEqual(ranges, [['SEARCH images USING COVERING INDEX images_by_age (os_hidden=?)']]);
  });
});

test('an order that has no index is sorted, and the plan says so', async () => {
  const order = [{ key: 'size', direction: 'asc' } as const, ...ties('asc')];

  const ranges = await rangesOf(consumer, queryOf(order, 25));

  assert.ok(ranges.flat().includes('USE TEMP B-TREE FOR ORDER BY'));
});
