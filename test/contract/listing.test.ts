import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listImages, pageQuery } from '../../src/database/image-list.ts';
import { insertImage } from '../../src/database/images.ts';
import { listPlan, listValues } from '../../src/database/list-plan.ts';
import { insertMember } from '../../src/database/members.ts';
import { runPrepared } from '../../src/database/prepared.ts';
import type { Caller } from '../../src/domain/caller.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { Image } from '../../src/domain/image.ts';
import type { ImageFilter, ImageQuery } from '../../src/domain/image-query.ts';
import { memberStatuses } from '../../src/domain/member.ts';
import { defaultPolicy } from '../../src/domain/policy.ts';
import { isListed, isVisible, type ListScope, visibilities } from '../../src/domain/visibility.ts';
import { getSeenImage } from '../../src/service/seen-image.ts';
import { emptyDatabase, type TestDatabase } from '../support/database.ts';
import { callerOf, imageWith, withPlainProperties } from '../support/domain.ts';

/** The rules that are said in code and in SQL must agree on every image, for every caller. */
const callers: Readonly<Record<string, Caller>> = {
  owner: callerOf('owner', 'member'),
  consumer: callerOf('consumer', 'member'),
  'other consumer': callerOf('other', 'member'),
  stranger: callerOf('stranger', 'member'),
  reader: callerOf('consumer', 'reader'),
  'service without role reader': callerOf('consumer', 'service'),
  admin: callerOf('elsewhere', 'admin'),
  'admin who owns': callerOf('owner', 'admin'),
  'admin who consumes': callerOf('consumer', 'admin'),
  'unscoped caller': callerOf(null),
};

const scopes: readonly ListScope[] = [undefined, 'all' as const, ...visibilities].flatMap(
  (visibility) =>
    (['all', ...memberStatuses] as const).map((memberStatus) => ({ visibility, memberStatus })),
);

/** What every image has, so that each way to find it must find the same. */
const matched = { name: 'name', tags: ['tag'], properties: new Map([['property', 'value']]) };

const filters: readonly (readonly ImageFilter[])[] = [
  [],
  [{ kind: 'text', column: 'name', values: ['name'] }],
  [{ kind: 'tag', value: 'tag' }],
  [{ kind: 'property', name: 'property', value: 'value' }],
  [
    { kind: 'protected', value: false },
    { kind: 'tag', value: 'tag' },
  ],
];

/** One image for every visibility, owner, answer of `consumer` (one of a share that is over), and whether it is hidden. */
const everyImage = [
  ...(function* () {
    let number = 0;
    for (const visibility of visibilities) {
      for (const owner of ['owner', 'consumer', null]) {
        for (const answer of [undefined, ...memberStatuses, 'over'] as const) {
          for (const osHidden of [false, true]) {
            const id = `${visibility} of ${owner}, ${answer}${osHidden ? ', hidden' : ''}`;
            const at = new Date(1_000 * number++);
            const given = {
              id,
              visibility,
              owner,
              osHidden,
              createdAt: at,
              updatedAt: at,
              ...matched,
            };
            yield { image: imageWith(given), answer };
          }
        }
      }
    }
  })(),
];

let store: TestDatabase;

before(async () => {
  store = await emptyDatabase();
  await store.database.transaction(async (db) => {
    for (const { image, answer } of everyImage) {
      await insertImage(db, image);
      if (!answer) continue;
      const [createdAt, updatedAt] = [image.createdAt, image.updatedAt];
      const row = { imageId: image.id, createdAt, updatedAt };
      const status = answer === 'over' ? 'accepted' : answer;
      const terms = { note: null, expiresAt: answer === 'over' ? new Date(1) : null };
      await insertMember(db, image, { ...row, projectId: 'consumer', status }, terms);
      await insertMember(db, image, { ...row, projectId: 'other', status: 'accepted' });
    }
  });
});

after(() => store[Symbol.asyncDispose]());

/** What the caller's own project answered to the image. */
function membershipOf(caller: Caller, answer: (typeof everyImage)[number]['answer']) {
  if (answer && caller.projectId === 'other') return 'accepted';
  return caller.projectId === 'consumer' && answer !== 'over' ? answer : undefined;
}

type Listing = Pick<ImageQuery, 'scope' | 'osHidden'> & Partial<Pick<ImageQuery, 'filters'>>;

function pageOf(listing: Listing): ImageQuery {
  const order = [
    { key: 'created_at', direction: 'desc' },
    { key: 'id', direction: 'desc' },
  ] as const;
  return { filters: [], ...listing, order, limit: 1000, marker: undefined };
}

async function listed(caller: Caller, listing: Listing) {
  return await listImages(store.database.read, caller, pageOf(listing), undefined);
}

/** The ids of the same list, found in the way for few matches or in that for many. */
async function found(caller: Caller, listing: Listing, isRare: boolean): Promise<string[]> {
  const { read } = store.database;
  const query = pageOf(listing);
  const page = pageQuery(read, { ...listPlan(caller, query, undefined), isRare }).compile();
  const { rows } = await runPrepared(read, page, listValues(caller, query, undefined));
  return rows.map(({ id }) => id);
}

for (const [name, caller] of Object.entries(callers)) {
  describe(`the ${name}`, () => {
    for (const scope of scopes) {
      const asked = `visibility=${scope.visibility}, member_status=${scope.memberStatus}`;
      test(`is listed exactly the images that isListed admits, ${asked}`, async () => {
        for (const osHidden of [false, true]) {
          const admitted = everyImage
            .filter(({ image }) => image.osHidden === osHidden)
            .filter(({ image, answer }) =>
              isListed(image, membershipOf(caller, answer), caller, scope),
            )
            .map(({ image }) => image.id);

          const images = await listed(caller, { scope, osHidden });

          // Newest first, and nothing twice.
          assert.deepEqual(
            images.map((image) => image.id),
            admitted.toReversed(),
          );
        }
      });

      test(`finds the same by name, tag and property, ${asked}`, async () => {
        for (const osHidden of [false, true]) {
          const expected = (await listed(caller, { scope, osHidden })).map(({ id }) => id);

          for (const listing of filters.map((some) => ({ scope, osHidden, filters: some }))) {
            assert.deepEqual(await found(caller, listing, true), expected);
            assert.deepEqual(await found(caller, listing, false), expected);
          }
        }
      });
    }

    test('sees by id exactly the images that the rules admit', async () => {
      for (const { image, answer } of everyImage) {
        const membership = membershipOf(caller, answer);
        const admitted =
          isVisible(image, membership, caller) &&
          defaultPolicy.allows('get_image', caller, { ...image, membership });

        const seen = await getSeenImage(store.database.read, caller, image.id, defaultPolicy).then(
          (found) => ({ ...found, image: withPlainProperties(found.image) }),
          refusal,
        );

        if (admitted) assert.deepEqual(seen, { image, membership });
        else assert.equal(seen, 'ImageNotFound', image.id);
      }
    });

    test('is listed only what it sees by id, whoever reads', async () => {
      if (!defaultPolicy.allows('get_images', caller, { owner: null, visibility: 'public' }))
        return;
      const scope = { visibility: 'all', memberStatus: 'all' } as const;

      for (const image of await listed(caller, { scope, osHidden: false })) {
        const seen = await getSeenImage(store.database.read, caller, image.id, defaultPolicy);

        assert.deepEqual(seen.image, image);
      }
    });
  });
}

test('the table holds what it promises', () => {
  const ids = new Set(everyImage.map(({ image }: { image: Image }) => image.id));

  assert.equal(ids.size, 4 * 3 * 5 * 2);
});

function refusal(error: unknown): string {
  if (error instanceof DomainError) return error.code;
  throw error;
}
