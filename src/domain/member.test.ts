import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerOf, imageWith } from '../../test/support/domain.ts';
import type { Caller } from './caller.ts';
import {
  checkShared,
  isMemberStatus,
  type MemberStatus,
  mayAnswer,
  maySeeMember,
  seesAllMembers,
} from './member.ts';
import { defaultPolicy, policyOf } from './policy.ts';
import { parseOverrides } from './policy-overrides.ts';

const image = imageWith();

type Rights = readonly [
  who: string,
  caller: Caller,
  membership: MemberStatus | undefined,
  rights: {
    readonly all: boolean;
    readonly see: readonly string[];
    readonly answer: readonly string[];
  },
];

/** Of the members `one` and `two`: whose rows a caller may see, and for whom it may answer. */
const table: readonly Rights[] = [
  ['the owner', callerOf('owner', 'member'), undefined, both({ answer: [] })],
  ['the owner as a reader', callerOf('owner', 'reader'), undefined, both({ answer: [] })],
  ['an owner that is a member too', callerOf('owner', 'member'), 'pending', both({ answer: [] })],
  ['a consumer', callerOf('one', 'member'), 'pending', own({ answer: ['one'] })],
  ['a consumer that rejected', callerOf('one', 'member'), 'rejected', own({ answer: ['one'] })],
  ['a consumer as a reader', callerOf('one', 'reader'), 'accepted', own({ answer: [] })],
  ['a stranger', callerOf('three', 'member'), undefined, { all: false, see: [], answer: [] }],
  ['an unscoped caller', callerOf(null), undefined, { all: false, see: [], answer: [] }],
  ['an admin', callerOf('three', 'admin'), undefined, both({ answer: ['one', 'two'] })],
];

function both({ answer }: { readonly answer: readonly string[] }) {
  return { all: true, see: ['one', 'two'], answer };
}

function own({ answer }: { readonly answer: readonly string[] }) {
  return { all: false, see: ['one'], answer };
}

for (const [who, caller, membership, { all, see, answer }] of table) {
  test(`${who} sees ${see.join(' and ') || 'no member'}, answers for ${answer.join(' and ') || 'none'}`, () => {
    const seen = { image, membership };
    const members = ['one', 'two'];

    assert.equal(seesAllMembers(image, caller), all);
    assert.deepEqual(
      members.filter((member) => maySeeMember(seen, member, caller, defaultPolicy)),
      see,
    );
    assert.deepEqual(
      members.filter((member) => mayAnswer(seen, member, caller, defaultPolicy)),
      answer,
    );
  });
}

test('an owner that is a member of its own image answers for itself', () => {
  const seen = { image, membership: 'pending' } as const;

  assert.equal(mayAnswer(seen, 'owner', callerOf('owner', 'member'), defaultPolicy), true);
});

test('an operator whose rule refuses members hides them from the owner and the consumer as well', () => {
  const policy = policyOf(parseOverrides({ get_member: '!' }).overrides);

  for (const caller of [callerOf('owner', 'member'), callerOf('one', 'member')]) {
    assert.equal(
      maySeeMember({ image, membership: 'accepted' }, 'one', caller, defaultPolicy),
      true,
    );
    assert.equal(maySeeMember({ image, membership: 'accepted' }, 'one', caller, policy), false);
  }
});

test('an image without owner is managed by admins alone', () => {
  const ownerless = imageWith({ owner: null });

  assert.equal(seesAllMembers(ownerless, callerOf(null)), false);
  assert.equal(seesAllMembers(ownerless, callerOf('other', 'member')), false);
  assert.equal(seesAllMembers(ownerless, callerOf('other', 'admin')), true);
});

describe('checkShared', () => {
  for (const visibility of ['public', 'private', 'community'] as const) {
    test(`a ${visibility} image has no members, in the words that clients look for`, () => {
      assert.throws(() => checkShared(imageWith({ visibility })), {
        code: 'ImageNotShared',
        message: /Only shared images have members/,
      });
    });
  }

  test('a shared image may have members', () => {
    assert.doesNotThrow(() => checkShared(image));
  });
});

test('the three answers are known, and nothing else', () => {
  for (const status of ['pending', 'accepted', 'rejected']) assert.ok(isMemberStatus(status));
  for (const status of ['Accepted', '', 'all', null, undefined, 1, ['accepted']]) {
    assert.equal(isMemberStatus(status), false);
  }
});
