import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { parseImageQuery } from '../../src/api/image-query.ts';
import type { Database } from '../../src/database/database.ts';
import { chosenPlan, documentsQuery } from '../../src/database/image-list.ts';
import { listPlan, listValues } from '../../src/database/list-plan.ts';
import { clientConfig, openClient } from '../../src/database/postgres/clients.ts';
import { valuesOf } from '../../src/database/prepared.ts';
import { callerOf, imageWith } from '../support/domain.ts';
import {
  addressIn,
  openAt,
  type PostgresDatabase,
  patient,
  postgresDatabase,
} from '../support/postgres/databases.ts';

const callers = {
  consumer: callerOf('consumer', 'member'),
  admin: callerOf('elsewhere', 'admin'),
  unscoped: callerOf(null),
  newcomer: callerOf('newcomer', 'member'),
};

/** Images of many projects, of which a tenth is the consumer's; every shared one is shared with it and with collectors, five with a newcomer. */
const count = 20_000;

let store: PostgresDatabase;
let database: Database;

before(async () => {
  store = await postgresDatabase();
  database = await openAt(store.url);
  await fill(database.write);
});

after(async () => {
  await database.close();
  await store[Symbol.asyncDispose]();
});

async function fill(db: Database['write']): Promise<void> {
  await sql`insert into images (id, name, sort_name, owner, status, visibility, protected, os_hidden,
      min_disk, min_ram, tags, properties, created_at, updated_at)
    select 'image-' || n, 'name-' || n % 4000, 'name-' || n % 4000,
      case when n % 10 = 0 then 'consumer' else 'owner-' || n % 100 end, 'active',
      (array['public', 'shared', 'private', 'community'])[1 + n / 7 % 4], 0, 0, 0, 0,
      json_build_array('rare-' || n % 4000, 'common'),
      json_build_object('os_distro', 'rare-' || n % 4000, 'os_type', 'common'), n, n
    from generate_series(1, ${sql.lit(count)}) as n`.execute(db);
  const copies = sql`owner, visibility, os_hidden, created_at`;
  await sql`insert into image_tags
    select id, value, ${copies} from images, json_array_elements_text(tags) as each (value)`.execute(
    db,
  );
  await sql`insert into image_properties
    select id, key, value, ${copies} from images, json_each_text(properties) as each (key, value)`.execute(
    db,
  );
  await sql`insert into image_members
      (image_id, project_id, status, created_at, updated_at, image_created_at)
    select id, 'consumer', (array['pending', 'accepted', 'rejected'])[1 + created_at % 3], 0, 0, created_at
    from images where visibility = 'shared' and owner <> 'consumer'`.execute(db);
  await sql`insert into image_members
      (image_id, project_id, status, created_at, updated_at, image_created_at)
    select id, 'collector-' || n, 'accepted', 0, 0, created_at
    from generate_series(1, 4) as n, images where visibility = 'shared' and owner <> 'consumer'
    union all (select id, 'newcomer', 'accepted', 0, 0, created_at
    from images where visibility = 'shared' and owner <> 'consumer' limit 5)`.execute(db);
  await sql`vacuum analyze`.execute(db);
}

/** A step of a plan, as PostgreSQL explains it. */
interface Step {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Step[];
}

interface Found {
  readonly kinds: ReadonlySet<string>;
  readonly indexes: readonly string[];
  /** Index entries and rows looked at. */
  readonly looked: number;
}

async function stepsOf(
  text: string,
  caller: keyof typeof callers,
  isBehind: boolean,
): Promise<Found> {
  const marker = isBehind
    ? imageWith({ createdAt: new Date(count / 2), name: 'name-2' })
    : undefined;
  const query = parseImageQuery(new URLSearchParams(text), { default: 25, max: 1000 });
  const values = listValues(callers[caller], query, marker);
  const plan = await chosenPlan(database.read, listPlan(callers[caller], query, marker), values);
  const compiled = documentsQuery(database.read, plan).compile();
  const top = await explain(compiled.sql, valuesOf(compiled, values));
  const steps = [...walk(top)];
  const leaves = steps.filter((step) => step['Index Name'] !== undefined);
  return {
    kinds: new Set(steps.map((step) => step['Node Type'])),
    indexes: [...new Set(leaves.map((step) => String(step['Index Name'])))].toSorted(),
    looked: leaves.reduce((sum, step) => sum + lookedAt(step), 0),
  };
}

/** How a reader finds it: by the plan that is made once, for whatever values come. */
async function explain(text: string, values: readonly unknown[]): Promise<Step> {
  const reader = await openClient(
    clientConfig({ address: addressIn(store.url), times: patient, readOnly: true }),
  );
  try {
    await reader.query(`prepare list as ${text}`);
    const literals = values.map((value) =>
      value === null ? 'null' : reader.escapeLiteral(`${value as string | number}`),
    );
    const { rows } = await reader.query<{ 'QUERY PLAN': string }>(
      `explain (analyze, format json) execute list (${literals.join()})`,
    );
    const [{ Plan: top }] = JSON.parse(rows[0]?.['QUERY PLAN'] ?? '') as [{ Plan: Step }];
    return top;
  } finally {
    await reader.end();
  }
}

function* walk(step: Step): Generator<Step> {
  yield step;
  for (const inner of step.Plans ?? []) yield* walk(inner);
}

function lookedAt(step: Step): number {
  const each = step['Actual Rows'] + (step['Rows Removed by Filter'] ?? 0);
  return each * step['Actual Loops'];
}

const byAge = ['images_by_owner', 'images_by_visibility'];
const shared = 'image_members_by_project';

/** The indexes by which each list is found, beside the primary key, for the consumer and for an admin. */
const lists: Readonly<
  Record<string, readonly [consumer: readonly string[], admin: readonly string[]]>
> = {
  '': [
    [shared, ...byAge],
    ['images_by_owner_and_visibility', 'images_by_visibility'],
  ],
  'visibility=all': [[shared, ...byAge], ['images_by_visibility']],
  'visibility=private': [['images_by_owner_and_visibility'], ['images_by_visibility']],
  'visibility=public': [
    ['images_by_owner_and_visibility', 'images_by_visibility'],
    ['images_by_visibility'],
  ],
  'visibility=shared&member_status=pending': [
    [shared, 'images_by_owner_and_visibility'],
    ['images_by_visibility'],
  ],
  'member_status=all': [
    [shared, ...byAge],
    ['images_by_owner_and_visibility', 'images_by_visibility'],
  ],
  'name=name-3': [
    [
      'image_members_image_id_project_id_key',
      'images_by_owner_and_name',
      'images_by_visibility_and_name',
    ],
    ['images_by_owner_and_name', 'images_by_visibility_and_name'],
  ],
  'tag=rare-3': [
    ['image_members_image_id_project_id_key', 'image_tags_by_owner', 'image_tags_by_visibility'],
    ['image_tags_by_owner', 'image_tags_by_visibility'],
  ],
  'tag=common': [
    [shared, 'image_tags_by_owner', 'image_tags_by_visibility'],
    ['image_tags_by_owner', 'image_tags_by_visibility'],
  ],
  'os_distro=rare-3': [
    [
      'image_members_image_id_project_id_key',
      'image_properties_by_owner',
      'image_properties_by_visibility',
    ],
    ['image_properties_by_owner', 'image_properties_by_visibility'],
  ],
  'os_type=common': [
    [shared, 'image_properties_by_owner', 'image_properties_by_visibility'],
    ['image_properties_by_owner', 'image_properties_by_visibility'],
  ],
};

for (const [text, expected] of Object.entries(lists)) {
  describe(`the list ?${text}`, () => {
    for (const [place, caller] of (['consumer', 'admin'] as const).entries()) {
      for (const isBehind of [false, true]) {
        test(`of ${caller}${isBehind ? ', behind a marker,' : ''} is found by its indexes, in their order`, async () => {
          const { kinds, indexes, looked } = await stepsOf(text, caller, isBehind);

          for (const kind of ['Seq Scan', 'Bitmap Heap Scan', 'Hash Join', 'Sort']) {
            assert.ok(!kinds.has(kind), `${kind} in ${[...kinds].join()}`);
          }
          assert.deepEqual(
            indexes.filter((name) => name !== 'images_pkey' && name !== 'image_documents_pkey'),
            expected[place],
          );
          // A page and what it is made of: nothing that grows with the images.
          assert.ok(looked < 500, `${looked} rows are looked at`);
        });
      }
    }
  });
}

test('without a project there is what is public', async () => {
  const { indexes, looked } = await stepsOf('', 'unscoped', false);

  assert.deepEqual(indexes, [...byAge, 'image_documents_pkey'].toSorted());
  assert.ok(looked < 100);
});

test('names in order are walked by index; what is shared is sorted', async () => {
  const own = await stepsOf('sort_key=name&sort_dir=asc&visibility=private', 'consumer', false);
  const all = await stepsOf('sort_key=name&sort_dir=asc', 'consumer', false);

  assert.ok(!own.kinds.has('Seq Scan') && !all.kinds.has('Seq Scan'));
  assert.deepEqual(
    all.indexes.filter((name) => name.endsWith('_name')),
    ['images_by_owner_and_name', 'images_by_visibility_and_name'],
  );
});

test('what is shared with a project is found from its own rows, whatever the order', async () => {
  const { looked } = await stepsOf('sort_key=name&sort_dir=asc', 'newcomer', false);

  assert.ok(looked < 100, `${looked} rows are looked at`);
});
