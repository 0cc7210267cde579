import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGivenUp, pauseAfter, wantsEvent } from './webhook.ts';

const now = new Date(1_000_000);
const patience = 60_000;

test('pauses grow from a second to an hour and no further', () => {
  const pauses = [1, 2, 3, 11, 12, 1000].map(pauseAfter);

  assert.deepEqual(pauses, [1000, 2000, 5000, 3_600_000, 3_600_000, 3_600_000]);
});

test('a webhook wants what it names, or all', () => {
  assert.equal(wantsEvent({ types: null }, 'share.left'), true);
  assert.equal(wantsEvent({ types: ['vitrine.share.left'] }, 'share.left'), true);
  assert.equal(wantsEvent({ types: ['vitrine.share.left'] }, 'share.offered'), false);
  assert.equal(wantsEvent({ types: [] }, 'share.left'), false);
});

for (const [status, attempts, age, expected] of [
  [400, 4, 0, false],
  [400, 5, 0, true],
  [410, 5, 0, true],
  // Of these a receiver says that they pass.
  [429, 50, 0, false],
  [408, 50, 0, false],
  [500, 50, 60_000, false],
  [500, 1, 60_001, true],
  [undefined, 50, 0, false],
  [undefined, 1, 60_001, true],
  [301, 50, 0, false],
] as const) {
  test(`${status} at attempt ${attempts} after ${age} ms is ${expected ? '' : 'not '}the end`, () => {
    const event = { at: new Date(now.getTime() - age) };

    assert.equal(isGivenUp(event, { attempts, status }, { now, patience }), expected);
  });
}
