import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { callerOf } from '../../test/support/domain.ts';
import {
  type Condition,
  compileCondition,
  conditionWords,
  judgeCondition,
  type Target,
} from './condition.ts';
import { parseCondition } from './condition-text.ts';
import { memberStatuses } from './member.ts';
import { visibilities } from './visibility.ts';

const noRule = () => {
  throw new Error('No rule is referred to.');
};

function judged(text: string, target: Target, caller = callerOf('caller', 'member')) {
  return judgeCondition(parseCondition(text, new Set()), caller, target, noRule);
}

describe('a word', () => {
  const own: Target = { owner: 'caller', visibility: 'shared' };
  const offered: Target = { owner: 'other', visibility: 'shared', membership: 'rejected' };
  const withdrawn: Target = { owner: 'other', visibility: 'private', membership: 'accepted' };
  const open: Target = { owner: 'other', visibility: 'public' };
  const community: Target = { owner: 'other', visibility: 'community' };
  const nobodys: Target = { owner: null, visibility: 'shared' };
  const all = { own, offered, withdrawn, open, community, nobodys };
  const table: Readonly<Record<(typeof conditionWords)[number], readonly Target[]>> = {
    owner: [own],
    member: [offered],
    ownerless: [nobodys],
    public: [open],
    community: [community],
    shared: [own, offered, nobodys],
    private: [withdrawn],
    '@': Object.values(all),
    '!': [],
  };
  for (const [word, targets] of Object.entries(table)) {
    test(`${word} holds for ${targets.length} of ${Object.keys(all).length} targets`, () => {
      const found = Object.values(all).filter((target) => judged(word, target).holds);

      assert.deepEqual(found, targets);
    });
  }

  test('owner does not take a caller without a project for the owner of an ownerless image', () => {
    assert.equal(judged('owner', nobodys, callerOf(null)).holds, false);
  });
});

describe('what decided', () => {
  const own: Target = { owner: 'caller', visibility: 'private' };
  const foreign: Target = { owner: 'other', visibility: 'public' };
  const table: readonly (readonly [
    text: string,
    target: Target,
    holds: boolean,
    because: Readonly<Record<string, boolean>>,
  ])[] = [
    ['role:member', own, true, { 'role:member': true }],
    ['not role:member', own, false, { 'role:member': true }],
    ['role:admin or owner or @', own, true, { owner: true }],
    ['role:admin or owner', foreign, false, { 'role:admin': false, owner: false }],
    ['role:member and owner', own, true, { 'role:member': true, owner: true }],
    ['role:member and owner', foreign, false, { owner: false }],
    ['owner and private', foreign, false, { owner: false, private: false }],
    [
      'role:admin or (role:member and owner)',
      foreign,
      false,
      { 'role:admin': false, owner: false },
    ],
    ['not (owner or private)', foreign, true, { owner: false, private: false }],
  ];
  for (const [text, target, holds, because] of table) {
    test(`of "${text}", which ${holds ? 'holds' : 'fails'}, is ${Object.keys(because).join(' and ')}`, () => {
      const findings = Object.entries(because).map(([condition, found]) => ({
        condition,
        holds: found,
      }));

      assert.deepEqual(judged(text, target), { holds, because: findings });
    });
  }
});

const conditions = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...conditionWords).map((name) => ({ kind: 'word', name }) as const),
    fc.constantFrom('admin', 'member', 'reader').map((name) => ({ kind: 'role', name }) as const),
    fc.constant({ kind: 'rule', name: 'other' } as const),
    tie('condition').map((condition) => ({ kind: 'not', condition }) as const),
    fc.record({
      kind: fc.constantFrom('and', 'or'),
      conditions: fc.array(tie('condition'), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).condition;

const targets: fc.Arbitrary<Target> = fc.record({
  owner: fc.constantFrom('caller', 'other', null),
  visibility: fc.constantFrom(...visibilities),
  membership: fc.constantFrom(undefined, ...memberStatuses),
});

test('what is quick and what explains decide alike', () => {
  const other: Condition = { kind: 'word', name: 'owner' };
  const callers = fc
    .tuple(fc.constantFrom('caller', 'else', null), fc.constantFrom('admin', 'member', 'reader'))
    .map(([project, role]) => callerOf(project, role));

  fc.assert(
    fc.property(conditions, callers, targets, (condition, caller, target) => {
      const quick = compileCondition(condition, () => compileCondition(other, noRule));
      const { holds, because } = judgeCondition(condition, caller, target, () => other);

      assert.equal(quick(caller, target), holds);
      assert.ok(because.length > 0);
    }),
  );
});
