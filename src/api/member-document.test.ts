import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  memberDocument,
  memberListDocument,
  parseAnswer,
  parseMemberStatus,
  parseNewMember,
} from './member-document.ts';

const member = {
  imageId: 'an image',
  projectId: 'a project',
  status: 'pending',
  createdAt: new Date('2026-01-02T03:04:05.999Z'),
  updatedAt: new Date('2026-01-02T03:04:06.001Z'),
} as const;

const document = {
  member_id: 'a project',
  image_id: 'an image',
  status: 'pending',
  created_at: '2026-01-02T03:04:05Z',
  updated_at: '2026-01-02T03:04:06Z',
  schema: '/v2/schemas/member',
};

test('a member is written with its six keys', () => {
  assert.deepEqual(memberDocument(member), document);
});

test('a list of members names its schema', () => {
  assert.deepEqual(memberListDocument([member]), {
    members: [document],
    schema: '/v2/schemas/members',
  });
  assert.deepEqual(memberListDocument([]), { members: [], schema: '/v2/schemas/members' });
});

describe('whom to share with', () => {
  test('is the text under "member"; other keys do not count', () => {
    assert.equal(parseNewMember({ member: 'x', status: 'accepted', member_id: 'y' }), 'x');
    assert.equal(parseNewMember({ member: 'x'.repeat(255) }), 'x'.repeat(255));
  });

  const refused: readonly unknown[] = [
    undefined,
    '',
    null,
    false,
    0,
    7,
    ['a'],
    { a: 1 },
    'x'.repeat(256),
    'a😀',
    'a\ud83d',
  ];
  for (const value of refused) {
    const text = JSON.stringify(value)?.slice(0, 20);
    test(`is refused by its name when it is ${text}`, () => {
      assert.throws(() => parseNewMember({ member: value, member_id: 'x' }), {
        code: 'InvalidRequest',
        message: /^member: /,
      });
    });
  }
});

describe('an answer', () => {
  test('is one of three words', () => {
    for (const status of ['pending', 'accepted', 'rejected']) {
      assert.equal(parseMemberStatus(parseAnswer({ status, member: 'ignored' })), status);
    }
  });

  test('is missed at once when it is not there', () => {
    assert.throws(() => parseAnswer({ member: 'x' }), {
      code: 'InvalidRequest',
      message: /^status: /,
    });
  });

  for (const status of [null, '', 'ACCEPTED', 'accept', 5, true, ['accepted'], {}]) {
    test(`is not ${JSON.stringify(status)}, which is found last`, () => {
      assert.equal(parseAnswer({ status }), status);
      assert.throws(() => parseMemberStatus(status), {
        code: 'InvalidRequest',
        message: /^status: must be pending, accepted or rejected/,
      });
    });
  }
});
