import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSharedName, currentVersion, type FamilyVersion, versionBefore } from './family.ts';

function version(number: number, previous: number | null): FamilyVersion {
  const rest = { byUser: 'somebody', promotedAt: new Date(0), deprecatedAt: null };
  return { number, imageId: `image ${number}`, previous, replacementId: null, ...rest };
}

// 1, 2, back to 1, 3: what was current before 3 is 1.
const all = [version(1, null), version(2, 1), version(3, 1)];

for (const [current, left, expected] of [
  [3, [1, 2, 3], 1],
  [2, [1, 2, 3], 1],
  [1, [1, 2, 3], undefined],
  [null, [1, 2, 3], undefined],
  [3, [2, 3], undefined],
  [3, [1, 2], 2],
  [3, [], undefined],
] as const) {
  test(`before ${current} of ${left.join(', ') || 'none'} is ${expected ?? 'nothing'}`, () => {
    const versions = all.filter(({ number }) => left.some((one) => one === number));

    assert.equal(versionBefore({ current }, versions)?.number, expected);
  });
}

test('a version whose image is gone is not current', () => {
  assert.equal(currentVersion({ current: 3 }, all)?.number, 3);
  assert.equal(currentVersion({ current: 3 }, all.slice(0, 2)), undefined);
});

for (const name of ['', '.', '-a', 'a/b', 'a b', 'ü', 'a'.repeat(101)]) {
  test(`"${name}" is no name of a family`, () => {
    assert.throws(() => checkSharedName(name), /name: up to 100 letters/);
  });
}

test('debian-13.2_beta is one', () => {
  assert.doesNotThrow(() => checkSharedName('debian-13.2_beta'));
});
