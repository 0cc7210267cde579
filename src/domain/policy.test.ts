import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerOf } from '../../test/support/domain.ts';
import type { Target } from './condition.ts';
import { type Action, defaultPolicy, isAction } from './policy.ts';

const shared: Target = { owner: 'owner', visibility: 'shared' };

/** What a caller is to an image, from nearest to farthest. */
const relations = {
  owner: { project: 'owner', target: shared },
  consumer: { project: 'other', target: { ...shared, membership: 'pending' } },
  reader: { project: 'other', target: { owner: 'owner', visibility: 'public' } },
  stranger: { project: 'other', target: shared },
  formerConsumer: {
    project: 'other',
    target: { owner: 'owner', visibility: 'private', membership: 'accepted' },
  },
  guestOfNobody: { project: 'other', target: { owner: null, visibility: 'shared' } },
} as const satisfies Record<string, { project: string; target: Target }>;

type Relation = keyof typeof relations;

/** The actions that role service alone opens no more than any other role. */
type Judged = Exclude<Action, 'add_image_location' | 'fetch_image_location' | 'stores_info_detail'>;

/** Who may do it with role member, and with role reader alone; an admin may do everything. */
const table: Readonly<
  Record<Judged, { readonly member: readonly Relation[]; readonly reader: readonly Relation[] }>
> = {
  add_image: { member: ['owner'], reader: [] },
  modify_image: { member: ['owner'], reader: [] },
  delete_image: { member: ['owner'], reader: [] },
  upload_image: { member: ['owner'], reader: [] },
  deactivate: { member: ['owner'], reader: [] },
  reactivate: { member: ['owner'], reader: [] },
  communitize_image: { member: ['owner'], reader: [] },
  publicize_image: { member: [], reader: [] },
  add_member: { member: ['owner'], reader: [] },
  delete_member: { member: ['owner'], reader: [] },
  modify_member: { member: ['consumer'], reader: [] },
  copy_image: { member: [], reader: [] },
  get_image_location: { member: ['owner'], reader: ['owner'] },
  set_image_location: { member: ['owner'], reader: [] },
  delete_image_location: { member: [], reader: [] },
  tasks_api_access: { member: [], reader: [] },
  manage_image_cache: { member: [], reader: [] },
  cache_image: { member: [], reader: [] },
  cache_list: { member: [], reader: [] },
  cache_delete: { member: [], reader: [] },
  cache_clean: { member: [], reader: [] },
  cache_prune: { member: [], reader: [] },
  list_cached_nodes: { member: [], reader: [] },
  get_members: { member: ['owner', 'consumer'], reader: ['owner', 'consumer'] },
  get_member: { member: ['owner', 'consumer'], reader: ['owner', 'consumer'] },
  get_image: {
    member: ['owner', 'consumer', 'reader', 'guestOfNobody'],
    reader: ['owner', 'consumer', 'reader', 'guestOfNobody'],
  },
  download_image: { member: ['owner', 'consumer', 'reader', 'guestOfNobody'], reader: [] },
  get_images: {
    member: Object.keys(relations) as Relation[],
    reader: Object.keys(relations) as Relation[],
  },
};

test('the details of stores are for admins and for other services', () => {
  const target = { owner: 'owner', visibility: 'private' } as const;
  const may = ['admin', 'service', 'member', 'reader'].filter((role) =>
    defaultPolicy.allows('stores_info_detail', callerOf('owner', role), target),
  );
  assert.deepEqual(may, ['admin', 'service']);
});

for (const [action, permitted] of Object.entries(table) as [Judged, (typeof table)[Judged]][]) {
  describe(action, () => {
    for (const [relation, { project, target }] of Object.entries(relations)) {
      for (const role of ['member', 'reader'] as const) {
        const may = permitted[role].some((name) => name === relation);
        test(`${may ? 'is allowed' : 'is refused'} to a ${relation} with role ${role}`, () => {
          assert.equal(defaultPolicy.allows(action, callerOf(project, role), target), may);
        });
      }

      test(`is explained as it is decided for a ${relation}`, () => {
        for (const role of ['member', 'reader', 'admin']) {
          const caller = callerOf(project, role);
          const { allowed, because, isOverridden, rule } = defaultPolicy.explain(
            action,
            caller,
            target,
          );

          assert.equal(allowed, defaultPolicy.allows(action, caller, target));
          assert.notEqual(because.length, 0);
          assert.equal(isOverridden, false);
          assert.notEqual(rule, '');
        }
      });

      test(`is allowed to an admin where others are ${relation}`, () => {
        assert.equal(defaultPolicy.allows(action, callerOf('elsewhere', 'admin'), target), true);
      });

      test(`is refused to a ${relation} with no role that the service knows`, () => {
        assert.equal(defaultPolicy.allows(action, callerOf(project, 'service'), target), false);
      });
    }

    test('is refused to tokens without a project, whatever their roles', () => {
      for (const scope of ['unscoped', 'system', 'domain'] as const) {
        const caller = { ...callerOf(null, 'admin'), scope };

        const target = { owner: null, visibility: 'public' } as const;
        const { allowed, because } = defaultPolicy.explain(action, caller, target);

        assert.equal(defaultPolicy.allows(action, caller, target), false);
        assert.deepEqual({ allowed, because }, { allowed: false, because: [] });
      }
    });
  });
}

test('an action is known by its name, and nothing else is', () => {
  assert.equal(isAction('get_image'), true);
  for (const name of ['', 'get_Image', 'constructor', 'toString'])
    assert.equal(isAction(name), false);
});
