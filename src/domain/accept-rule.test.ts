import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageWith } from '../../test/support/domain.ts';
import { type AcceptRule, isAcceptedBy, matchesPattern } from './accept-rule.ts';

const patterns: readonly [text: string, pattern: string, matches: boolean][] = [
  ['debian-13', 'debian-*', true],
  ['debian-13', 'debian-1?', true],
  ['debian-13', 'debian', false],
  ['debian-13', '*', true],
  ['', '*', true],
  ['', '?', false],
  ['', '', true],
  ['a*b', 'a*b', true],
  ['abab', '*ab', true],
  ['ababc', '*ab', false],
  ['axbxc', 'a*b*c', true],
  ['a.c', 'a?c', true],
];

for (const [text, pattern, matches] of patterns) {
  test(`"${text}" ${matches ? 'matches' : 'does not match'} "${pattern}"`, () => {
    assert.equal(matchesPattern(text, pattern), matches);
  });
}

test('a pattern of many stars is judged in no time', () => {
  const begun = process.cpuUsage();

  assert.equal(matchesPattern('a'.repeat(255), `${'*a'.repeat(120)}b`), false);

  assert.ok(process.cpuUsage(begun).user < 200_000);
});

const rule: AcceptRule = {
  id: '1',
  projectId: 'consumer',
  producerId: 'owner',
  namePattern: 'debian-*',
  family: 'debian',
  endsAt: new Date(1000),
  byUser: 'user',
  createdAt: new Date(0),
  uses: 0,
  usedAt: null,
};
const properties = new Map([['family', 'debian']]);
const matching = imageWith({ name: 'debian-13', properties });

const cases: readonly [what: string, AcceptRule, typeof matching, now: number, boolean][] = [
  ['that matches in all', rule, matching, 999, true],
  ['at the end of the rule', rule, matching, 1000, false],
  ['of another producer', rule, { ...matching, owner: 'other' }, 0, false],
  ['of nobody', rule, { ...matching, owner: null }, 0, false],
  ['of another name', rule, { ...matching, name: 'ubuntu' }, 0, false],
  ['of another family', rule, { ...matching, properties: new Map() }, 0, false],
  [
    'of any name and family, by a rule without them',
    { ...rule, namePattern: null, family: null, endsAt: null },
    imageWith({ name: null }),
    5000,
    true,
  ],
];

for (const [what, by, image, now, accepted] of cases) {
  test(`an offer ${what} is ${accepted ? 'accepted' : 'left to the consumer'}`, () => {
    assert.equal(isAcceptedBy(by, image, { now: new Date(now) }), accepted);
  });
}
