import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deprecationAhead, type FamilyVersion, stateOf } from './families.ts';

const now = Date.parse('2026-11-27T12:00:00Z');

const version = (part: Partial<FamilyVersion>): FamilyVersion => ({
  ...{ number: 1, image_id: 'i', is_current: false, by_user: 'u', replacement_id: null },
  ...{ promoted_at: '2026-11-01T00:00:00Z', deprecated_at: null },
  ...part,
});

test('a version is current, or deprecated once its time has come, or nothing in particular', () => {
  const past = { deprecated_at: '2026-11-27T12:00:00Z' };
  const ahead = { deprecated_at: '2026-11-27T12:00:01Z' };

  assert.equal(stateOf(version({}), now), undefined);
  assert.equal(stateOf(version({ is_current: true }), now), 'current');
  assert.equal(stateOf(version({ is_current: true, ...past }), now), 'deprecated');
  assert.equal(stateOf(version({ is_current: true, ...ahead }), now), 'current');
  assert.equal(deprecationAhead(version(past), now), undefined);
  assert.equal(deprecationAhead(version({}), now), undefined);
  assert.match(deprecationAhead(version(ahead), now) ?? '', /^deprecated from 2026-11-2/);
});
