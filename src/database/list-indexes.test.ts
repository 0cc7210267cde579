import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { emptyDatabase, type TestDatabase } from '../../test/support/database.ts';
import { callerOf, imageWith } from '../../test/support/domain.ts';
import { rangesOf } from '../../test/support/page-plan.ts';
import { parseImageQuery } from '../api/image-query.ts';
import { listPlan, listValues } from './list-plan.ts';

const callers = {
  consumer: callerOf('consumer', 'member'),
  admin: callerOf('elsewhere', 'admin'),
  unscoped: callerOf(null),
};

/** What an index finds in images: one visibility of all, or those of one owner. */
const own = 'SEARCH images USING COVERING INDEX images_by_owner (owner=? AND os_hidden=?)';
const ownOfKind =
  'SEARCH images USING COVERING INDEX images_by_owner_and_visibility (owner=? AND visibility=? AND os_hidden=?)';
const ofKind =
  'SEARCH images USING COVERING INDEX images_by_visibility (visibility=? AND os_hidden=?)';
const ownNamed =
  'SEARCH images USING COVERING INDEX images_by_owner_and_name (owner=? AND os_hidden=? AND sort_name=?)';
const named =
  'SEARCH images USING COVERING INDEX images_by_visibility_and_name (visibility=? AND os_hidden=? AND sort_name=?)';
const ownTagged =
  'SEARCH image_tags USING COVERING INDEX image_tags_by_owner (owner=? AND os_hidden=? AND tag=?)';
const tagged =
  'SEARCH image_tags USING COVERING INDEX image_tags_by_visibility (visibility=? AND os_hidden=? AND tag=?)';
const ownWith =
  'SEARCH image_properties USING COVERING INDEX image_properties_by_owner (owner=? AND os_hidden=? AND name=? AND value=?)';
const withProperty =
  'SEARCH image_properties USING COVERING INDEX image_properties_by_visibility (visibility=? AND os_hidden=? AND name=? AND value=?)';

const ofMember =
  'SEARCH image_members USING COVERING INDEX image_members_by_project (project_id=? AND status=?)';
const isMember =
  'SEARCH image_members USING INDEX sqlite_autoindex_image_members_1 (image_id=? AND project_id=?)';
const itsImage = 'SEARCH images USING PRIMARY KEY (id=?)';

/** The same step as a check of one image of that age. */
function ofThatAge(step: string): string {
  const age = step.includes('SEARCH images') ? 'created_at' : 'image_created_at';
  return step.replace(/\)$/, ` AND ${age}=?)`);
}

interface Found {
  readonly caller?: keyof typeof callers;
  /** Whether few images match, or many. */
  readonly isRare?: boolean;
  readonly ranges: readonly (readonly string[])[];
}

/** For each list that is promised to cost the same at any size: the steps to each range of it. */
const lists: Readonly<Record<string, readonly Found[]>> = {
  '': [
    { ranges: [[own], [ofKind], [ofMember, itsImage]] },
    { caller: 'admin', ranges: [[ofKind], [ofKind], [ofKind], [ownOfKind]] },
    { caller: 'unscoped', ranges: [[own], [ofKind]] },
  ],
  'visibility=all': [
    { ranges: [[own], [ofKind], [ofKind], [ofMember, itsImage]] },
    { caller: 'admin', ranges: [[ofKind], [ofKind], [ofKind], [ofKind]] },
  ],
  'visibility=private': [{ ranges: [[ownOfKind]] }, { caller: 'admin', ranges: [[ofKind]] }],
  'visibility=public': [{ ranges: [[ownOfKind], [ofKind]] }],
  'visibility=community': [{ ranges: [[ownOfKind], [ofKind]] }],
  'visibility=shared&member_status=pending': [{ ranges: [[ownOfKind], [ofMember, itsImage]] }],
  'member_status=all': [
    {
      ranges: [[own], [ofKind], [ofMember, itsImage], [ofMember, itsImage], [ofMember, itsImage]],
    },
  ],
  'name=a': lookup(ownNamed, named),
  'visibility=private&name=a': [{ ranges: [[ownNamed]] }],
  'tag=a': lookup(ownTagged, tagged),
  'visibility=private&tag=a': [{ ranges: [[ownTagged]] }],
  'os_distro=debian': lookup(ownWith, withProperty),
  'visibility=private&os_distro=debian': [{ ranges: [[ownWith]] }],
};

function lookup(ownFirst: string, first: string): readonly Found[] {
  return [
    { isRare: true, ranges: [[ownFirst], [first], [first, isMember]] },
    { isRare: false, ranges: [[ownFirst], [first], [ofMember, ofThatAge(first)]] },
    { caller: 'admin', ranges: [[first], [first], [first], [ownFirst]] },
  ];
}

let store: TestDatabase;

before(async () => {
  store = await emptyDatabase();
});

after(() => store[Symbol.asyncDispose]());

async function ranges(
  text: string,
  { caller = 'consumer', isRare = false }: Partial<Found>,
  marker?: ReturnType<typeof imageWith>,
) {
  const query = parseImageQuery(new URLSearchParams(text), { default: 25, max: 1000 });
  const plan = { ...listPlan(callers[caller], query, marker), isRare };
  return await rangesOf(store.database.read, plan, listValues(callers[caller], query, marker));
}

for (const [text, founds] of Object.entries(lists)) {
  describe(`the list ?${text}`, () => {
    for (const found of founds) {
      const { caller = 'consumer', isRare } = found;
      const name = `of ${caller}${isRare === undefined ? '' : isRare ? ', of few matches' : ', of many matches'}`;

      test(`${name}, is found by index alone`, async () => {
        const steps = await ranges(text, found);

        assert.deepEqual(steps, found.ranges);
      });

      test(`${name}, goes on behind a marker by the same indexes`, async () => {
        const steps = await ranges(text, found, imageWith());

        assert.deepEqual(
          steps.map((range) => range.map(withoutMarker)),
          found.ranges,
        );
        for (const [first] of steps) assert.match(first ?? '', /\(\w*created_at,\w+\)<\(\?,\?\)/);
      });
    }
  });
}

function withoutMarker(step: string): string {
  return step.replace(/ AND \(\w+,\w+\)<\(\?,\?\)/, '');
}

test('names in order are walked by index; what is shared is sorted', async () => {
  const steps = await ranges('sort_key=name&sort_dir=asc', {});

  assert.deepEqual(steps, [
    [ownNamed.replace(' AND sort_name=?', '')],
    [named.replace(' AND sort_name=?', '')],
    [ofMember, itsImage, 'USE TEMP B-TREE FOR ORDER BY'],
  ]);
});

test('further filters are asked of the images that the first one finds', async () => {
  const steps = await ranges('tag=a&tag=b&status=active', { isRare: true });

  const hasTag = 'SEARCH image_tags EXISTS USING PRIMARY KEY (image_id=? AND tag=?)';
  assert.deepEqual(steps, [
    [ownTagged, itsImage, hasTag],
    [tagged, itsImage, hasTag],
    [tagged, isMember, itsImage, hasTag],
  ]);
});

test('an id is looked up, whatever else is asked', async () => {
  const steps = await ranges('id=a&status=active', {});

  for (const range of steps) assert.ok(range.includes(itsImage));
});

test('an order that has no index is sorted, and the plan says so', async () => {
  const steps = await ranges('sort_key=size', {});

  for (const range of steps) assert.equal(range.at(-1), 'USE TEMP B-TREE FOR ORDER BY');
});
