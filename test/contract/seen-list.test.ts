import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { findImage, insertImage } from '../../src/database/images.ts';
import { insertMember } from '../../src/database/members.ts';
import type { Image } from '../../src/domain/image.ts';
import type { ImageQuery } from '../../src/domain/image-query.ts';
import { policyOf } from '../../src/domain/policy.ts';
import { sealedMarkers } from '../../src/service/sealed-markers.ts';
import { listSeen } from '../../src/service/seen-list.ts';
import { configOf } from '../support/config.ts';
import { emptyDatabase, type TestDatabase } from '../support/database.ts';
import { callerOf, imageWith } from '../support/domain.ts';

const caller = callerOf('consumer', 'member');
const other = callerOf('other', 'member');
const { policies } = configOf('policies: {get_image: member}');
const policy = policyOf(policies);
const markers = sealedMarkers(randomBytes(32));

/** What the rule lets the consumer see: nothing for a while, then a few close together, then nothing. */
const seen = new Set([37, 38, 40, 58]);
const count = 90;
const idOf = (index: number) => `image ${String(index).padStart(2, '0')}`;

let store: TestDatabase;

before(async () => {
  store = await emptyDatabase();
  await store.database.transaction(async (db) => {
    for (let index = 0; index < count; index += 1) {
      const visibility = seen.has(index) ? 'shared' : 'public';
      const image = imageWith({ id: idOf(index), visibility });
      await insertImage(db, image);
      if (!seen.has(index)) continue;
      const { createdAt, updatedAt } = image;
      const member = { imageId: image.id, projectId: 'consumer', createdAt, updatedAt };
      await insertMember(db, image, { ...member, status: 'accepted' });
    }
  });
});

after(() => store[Symbol.asyncDispose]());

function queryOf(limit: number): ImageQuery {
  return {
    scope: { visibility: undefined, memberStatus: 'accepted' },
    osHidden: false,
    filters: [],
    order: [{ key: 'id', direction: 'asc' }],
    limit,
    marker: undefined,
  };
}

interface Walk {
  readonly pages: readonly (readonly string[])[];
  readonly markers: readonly string[];
}

/** Follows `next` to the end, as a client does. */
async function walk(limit: number, steps: { readonly size: number; readonly most: number }) {
  const { database } = store;
  const pages: string[][] = [];
  const given: string[] = [];
  let last: Image | undefined;
  for (;;) {
    const page = await listSeen({ database, policy, markers, steps }, caller, queryOf(limit), last);
    pages.push(page.images.map(({ id }) => id));
    if (page.next === undefined) return { pages, markers: given } satisfies Walk;
    given.push(page.next);
    const id = markers.open(page.next, caller) ?? page.next;
    last = (await findImage(database.read, id, caller.projectId))?.image;
    assert(last, 'the marker leads nowhere');
  }
}

for (const limit of [1, 2, 3, 7, 100]) {
  for (const steps of [
    { size: 1, most: 1 },
    { size: 5, most: 2 },
    { size: 100, most: 1 },
  ]) {
    test(`pages of ${limit} in ${steps.most} more steps of ${steps.size} have each image once, in order`, async () => {
      const { pages } = await walk(limit, steps);

      assert.deepEqual(
        pages.flat(),
        [...seen].map((index) => idOf(index)),
      );
      assert(pages.every((page) => page.length <= limit));
      // No request looks further than it may, so what lies behind takes more of them.
      assert(pages.length >= Math.floor(count / (limit + steps.size * steps.most)));
    });
  }
}

test('a page that is full leads on behind its last image, and no marker names a hidden one', async () => {
  const { pages, markers: given } = await walk(2, { size: 5, most: 2 });

  const visible = new Set([...seen].map((index) => idOf(index)));
  for (const [index, marker] of given.entries()) {
    if (pages[index]?.length === 2) assert.equal(marker, pages[index].at(-1));
    else assert.match(marker, /^[\w-]{40,}$/);
    assert(visible.has(marker) || markers.open(marker, caller) !== undefined);
  }
});

test('a sealed marker is of no use to another project, after a change, or under another key', () => {
  const sealed = markers.seal('image 01', caller);
  const changed = `${sealed[0] === 'A' ? 'B' : 'A'}${sealed.slice(1)}`;

  assert.equal(markers.open(sealed, caller), 'image 01');
  assert.equal(markers.open(sealed, other), undefined);
  assert.equal(markers.open(changed, caller), undefined);
  assert.equal(sealedMarkers(randomBytes(32)).open(sealed, caller), undefined);
  for (const text of ['', 'image 01', 'A'.repeat(200), '00000000-0000-0000-0000-000000000000']) {
    assert.equal(markers.open(text, caller), undefined);
  }
});
