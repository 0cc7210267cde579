import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerOf, imageWith } from '../../test/support/domain.ts';
import { applyChanges, type ImageChange } from './image-change.ts';
import { defaultPolicy } from './policy.ts';
import {
  noProtection,
  type PropertyOperation,
  propertyOperations,
  protectionBy,
} from './property-protection.ts';
import { parseSections, type RightFormat, type SectionText } from './property-sections.ts';

function protectionWith(texts: readonly SectionText[], format: RightFormat = 'roles') {
  const { sections, problems } = parseSections(texts, format);
  assert.deepEqual(problems, []);
  return protectionBy(sections, defaultPolicy);
}

const byRoles = protectionWith([
  {
    name: '^billing_',
    rights: { create: 'billing', read: ['admin', 'Billing'], update: 'billing,admin', delete: '!' },
  },
  { name: '^open_', rights: { create: '@', read: '@', update: '@', delete: '@' } },
  { name: '^billing_note$', rights: { create: '@', read: '@', update: '@', delete: '@' } },
  { name: '^half_', rights: { read: '@' } },
]);
const image = imageWith({
  properties: new Map([
    ['billing_code', '7'],
    ['open_note', 'x'],
    ['other', 'y'],
    ['os_glance_import_task', 'z'],
  ]),
});
const billing = callerOf('owner', 'member', 'billing');
const member = callerOf('owner', 'member');
const admin = callerOf('elsewhere', 'admin');

describe('rights by roles', () => {
  type Row = readonly [name: string, who: typeof member, may: readonly PropertyOperation[]];
  const table: readonly Row[] = [
    ['billing_code', billing, ['create', 'read', 'update']],
    ['billing_code', admin, ['read', 'update']],
    ['billing_code', member, []],
    ['billing_note', member, []],
    ['open_note', member, ['create', 'read', 'update', 'delete']],
    ['half_done', member, ['read']],
    ['half_done', admin, ['read']],
    ['other', admin, []],
    ['os_glance_import_task', member, ['create', 'read', 'update', 'delete']],
  ];
  for (const [name, who, may] of table) {
    test(`let ${[...who.roles].join(', ')} ${may.join(', ') || 'do nothing'} with ${name}`, () => {
      const allowed = propertyOperations.filter((one) => byRoles.allows(one, name, who, image));

      assert.deepEqual(allowed, may);
    });
  }

  test('leave out what may not be read, and nothing else', () => {
    const readable = byRoles.readable(image, member);

    assert.deepEqual([...readable.properties.keys()], ['open_note', 'os_glance_import_task']);
    assert.deepEqual({ ...readable, properties: image.properties }, image);
    assert.equal(byRoles.readable(readable, member), readable);
    assert.equal(noProtection.readable(image, member), image);
  });

  test('let lists be narrowed by what is read', () => {
    const names = ['billing_code', 'open_note', 'other', 'os_glance_import_task'];
    const filters = (who: typeof member) => names.filter((name) => byRoles.mayFilter(name, who));

    assert.deepEqual(filters(member), ['open_note', 'os_glance_import_task']);
    assert.deepEqual(filters(admin), ['billing_code', 'open_note', 'os_glance_import_task']);
  });
});

describe('rights by policies', () => {
  const byPolicies = protectionWith(
    [
      {
        name: '^internal_',
        rights: {
          create: 'modify_image',
          read: 'role:admin or owner',
          update: 'modify_image and role:editor',
          delete: '!',
        },
      },
      { name: '.*', rights: { read: 'owner or member or public', create: '@' } },
    ],
    'policies',
  );

  test('depend on what the caller is to the image', () => {
    const consumer = callerOf('consumer', 'member');
    const read = (name: string, who: typeof member) => byPolicies.allows('read', name, who, image);

    assert.deepEqual([read('internal_a', member), read('internal_a', consumer)], [true, false]);
    assert.deepEqual([read('a', member), read('a', consumer)], [true, true]);
    assert.equal(byPolicies.allows('create', 'internal_a', member, image), true);
    assert.equal(
      byPolicies.allows('create', 'internal_a', callerOf('owner', 'reader'), image),
      false,
    );
    assert.equal(byPolicies.allows('update', 'internal_a', member, image), false);
  });

  test('let lists be narrowed only by who reads the property on every image', () => {
    assert.equal(byPolicies.mayFilter('internal_a', member), false);
    assert.equal(byPolicies.mayFilter('internal_a', admin), true);
    assert.equal(byPolicies.mayFilter('a', member), false);
  });
});

describe('a change of a protected property', () => {
  const rules = {
    limits: { members: -1, properties: -1, tags: -1, imageSize: -1 },
    policy: defaultPolicy,
    protection: byRoles,
  };
  const set = (name: string, before: 'any' | 'present' | 'absent'): ImageChange => ({
    kind: 'setProperty',
    name,
    value: 'new',
    before,
  });
  const apply = (change: ImageChange, who = member) => applyChanges(image, [change], who, rules);

  test('is refused, whether the property is there or not', () => {
    for (const name of ['billing_code', 'billing_none', 'other', 'none']) {
      for (const before of ['any', 'present', 'absent'] as const) {
        assert.throws(() => apply(set(name, before)), { code: 'NotPermitted' });
      }
      assert.throws(() => apply({ kind: 'removeProperty', name }), { code: 'NotPermitted' });
    }
  });

  test('passes for whom it is allowed, and keeps what the caller cannot read', () => {
    const changed = apply(set('billing_code', 'present'), billing);
    const other = apply(set('open_note', 'any'));

    assert.equal(changed.properties.get('billing_code'), 'new');
    assert.deepEqual([...other.properties.keys()], [...image.properties.keys()]);
    assert.throws(() => apply({ kind: 'removeProperty', name: 'billing_code' }, billing), {
      code: 'NotPermitted',
    });
  });
});

test('everything that is wrong with sections is told at once', () => {
  const texts = [
    { name: '(a+)+', rights: { create: '@' } },
    { name: '^a', rights: { creat: '@', read: '@,admin', update: '', delete: 5 } },
    { name: '^b', rights: { read: ['admin', '!'] } },
  ];

  assert.deepEqual(parseSections(texts, 'roles').problems, [
    'section (a+)+: repeats a group that has alternatives or repeats itself',
    'section ^a: creat: no such operation; there are create, read, update, delete',
    'section ^a: read: character 1: roles parted by commas, or @ or ! alone, are wanted, but "@" is found',
    'section ^a: update: character 1: roles parted by commas, or @ or ! alone, are wanted, but "" is found',
    'section ^a: delete: a list of roles is wanted',
    'section ^b: read: character 7: roles parted by commas, or @ or ! alone, are wanted, but "!" is found',
  ]);
  assert.deepEqual(
    parseSections([{ name: '^a', rights: { read: 'admin' } }], 'policies').problems.length,
    1,
  );
});
