import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerOf } from '../../test/support/domain.ts';
import type { MemberStatus } from './member.ts';
import { isListed, isVisible, type ListScope, type Visibility } from './visibility.ts';

const owner = callerOf('owner', 'member');
const other = callerOf('other', 'member');
const admin = callerOf('other', 'admin');
const unscoped = callerOf(null);

type Seen = readonly [
  visibility: Visibility,
  owner: 'owner' | null,
  membership: MemberStatus | undefined,
  seen: boolean,
];

/** What somebody else's project sees by id. */
const byId: readonly Seen[] = [
  ['public', 'owner', undefined, true],
  ['community', 'owner', undefined, true],
  ['shared', 'owner', undefined, false],
  ['shared', 'owner', 'pending', true],
  ['shared', 'owner', 'accepted', true],
  ['shared', 'owner', 'rejected', true],
  ['private', 'owner', undefined, false],
  ['private', 'owner', 'pending', false],
  ['private', 'owner', 'accepted', false],
  ['private', 'owner', 'rejected', false],
  ['public', null, undefined, true],
  ['community', null, undefined, true],
  ['shared', null, undefined, true],
  ['private', null, undefined, false],
  ['private', null, 'accepted', false],
];

describe('isVisible', () => {
  for (const [visibility, of, membership, seen] of byId) {
    const image = { visibility, owner: of };
    test(`a ${visibility} image of ${of ?? 'nobody'}, member ${membership ?? 'none'}: ${seen}`, () => {
      assert.equal(isVisible(image, membership, other), seen);
      assert.equal(isVisible(image, membership, admin), true, 'an admin sees everything');
      assert.equal(isVisible(image, membership, owner), of === 'owner' || seen, 'the owner');
    });
  }

  test('a caller without a project owns no image, not even one without owner', () => {
    const seen = isVisible({ visibility: 'private', owner: null }, undefined, unscoped);

    assert.equal(seen, false);
  });
});

type Asked = readonly [visibility: ListScope['visibility'], memberStatus: MemberStatus | 'all'];

type Listed = readonly [
  visibility: Visibility,
  membership: MemberStatus | undefined,
  asked: Asked,
  listed: boolean,
];

/** What somebody else's project finds in a list. */
const inLists: readonly Listed[] = [
  ['public', undefined, [undefined, 'accepted'], true],
  ['public', undefined, [undefined, 'pending'], true],
  ['public', undefined, ['public', 'accepted'], true],
  ['public', undefined, ['all', 'accepted'], true],
  ['public', undefined, ['community', 'accepted'], false],
  ['community', undefined, [undefined, 'accepted'], false],
  ['community', undefined, ['community', 'accepted'], true],
  ['community', undefined, ['all', 'accepted'], true],
  ['community', undefined, ['public', 'accepted'], false],
  ['shared', undefined, ['shared', 'all'], false],
  ['shared', 'accepted', [undefined, 'accepted'], true],
  ['shared', 'pending', [undefined, 'accepted'], false],
  ['shared', 'rejected', [undefined, 'accepted'], false],
  ['shared', 'pending', [undefined, 'pending'], true],
  ['shared', 'pending', ['shared', 'pending'], true],
  ['shared', 'pending', ['shared', 'rejected'], false],
  ['shared', 'rejected', ['shared', 'all'], true],
  ['shared', 'accepted', ['public', 'all'], false],
  ['shared', 'accepted', ['all', 'all'], true],
  ['private', 'accepted', ['private', 'all'], false],
  ['private', 'accepted', ['all', 'all'], false],
];

describe('isListed', () => {
  for (const [visibility, membership, [kind, memberStatus], listed] of inLists) {
    const asked = `visibility=${kind}, member_status=${memberStatus}`;
    test(`a ${visibility} image, member ${membership ?? 'none'}, for ${asked}: ${listed}`, () => {
      const image = { visibility, owner: 'owner' };

      assert.equal(isListed(image, membership, other, { visibility: kind, memberStatus }), listed);
    });
  }

  for (const visibility of ['public', 'private', 'shared', 'community'] as const) {
    test(`a ${visibility} image is in every list of its owner that asks for its kind`, () => {
      const image = { visibility, owner: 'owner' };
      const scope = { memberStatus: 'rejected' } as const;

      assert.equal(isListed(image, undefined, owner, { ...scope, visibility: undefined }), true);
      assert.equal(isListed(image, undefined, owner, { ...scope, visibility }), true);
      assert.equal(isListed(image, undefined, owner, { ...scope, visibility: 'all' }), true);
    });
  }

  test('an admin is listed everything but the community images of others, unless it asks', () => {
    const scope = { visibility: undefined, memberStatus: 'accepted' } as const;
    const listed = (visibility: Visibility, asked: ListScope = scope) =>
      isListed({ visibility, owner: 'owner' }, undefined, admin, asked);

    assert.equal(listed('private'), true);
    assert.equal(listed('shared'), true);
    assert.equal(listed('community'), false);
    assert.equal(listed('community', { ...scope, visibility: 'community' }), true);
  });

  test('a shared image without owner can be seen by id but is in no list', () => {
    const image = { visibility: 'shared', owner: null } as const;
    const scope = { visibility: 'all', memberStatus: 'all' } as const;

    assert.equal(isVisible(image, undefined, other), true);
    assert.equal(isListed(image, undefined, other, scope), false);
  });
});
