import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Action, defaultPolicy, policyOf } from './policy.ts';
import { decide, type Relation } from './policy-check.ts';
import { parseOverrides } from './policy-overrides.ts';
import type { Visibility } from './visibility.ts';

type Row = readonly [
  action: Action,
  role: string,
  relation: Relation,
  visibility: Visibility,
  decidedBy: Action | 'visibility',
  allowed: boolean,
];

const table: readonly Row[] = [
  ['download_image', 'member', 'owner', 'private', 'download_image', true],
  ['download_image', 'reader', 'owner', 'private', 'download_image', false],
  ['download_image', 'member', 'member', 'shared', 'download_image', true],
  ['download_image', 'member', 'member', 'private', 'visibility', false],
  ['download_image', 'member', 'stranger', 'shared', 'visibility', false],
  ['download_image', 'member', 'stranger', 'public', 'download_image', true],
  ['download_image', 'Admin', 'stranger', 'private', 'download_image', true],
  ['modify_image', 'member', 'stranger', 'community', 'modify_image', false],
  ['modify_image', 'guest', 'stranger', 'public', 'get_image', false],
  ['add_image', 'member', 'owner', 'private', 'add_image', true],
  ['add_image', 'member', 'stranger', 'private', 'add_image', false],
  ['get_images', 'reader', 'stranger', 'private', 'get_images', true],
  ['get_images', 'guest', 'owner', 'public', 'get_images', false],
];

for (const [action, role, relation, visibility, decidedBy, allowed] of table) {
  test(`${action} of a ${visibility} image by a ${relation} with role ${role} is ${allowed ? 'allowed' : 'refused'} by ${decidedBy}`, () => {
    const decision = decide(defaultPolicy, { action, roles: [role], relation, visibility });

    assert.deepEqual([decision.decidedBy, decision.allowed], [decidedBy, allowed]);
  });
}

test('what the operator replaced is what decides', () => {
  const { overrides } = parseOverrides({ get_image: 'owner' });
  const question = { action: 'add_member', roles: ['admin'], visibility: 'public' } as const;

  const decision = decide(policyOf(overrides), { ...question, relation: 'stranger' });

  assert.deepEqual(decision, {
    decidedBy: 'get_image',
    allowed: false,
    rule: 'owner',
    isOverridden: true,
    because: [{ condition: 'owner', holds: false }],
  });
});
