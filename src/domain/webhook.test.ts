import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGivenUp, isRefusal, pauseAfter, wantsEvent } from './webhook.ts';

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

for (const [refusals, age, expected] of [
  [4, 0, false],
  [5, 0, true],
  [0, 60_000, false],
  [0, 60_001, true],
] as const) {
  test(`${refusals} refusals and an age of ${age} ms are ${expected ? '' : 'not '}the end`, () => {
    const event = { at: new Date(now.getTime() - age) };

    assert.equal(isGivenUp(event, refusals, { now, patience }), expected);
  });
}

for (const [status, expected] of [
  [400, true],
  [410, true],
  // Of these a receiver says that they pass.
  [408, false],
  [425, false],
  [429, false],
  [500, false],
  [301, false],
  [undefined, false],
] as const) {
  test(`${status} is ${expected ? '' : 'not '}said of the event`, () => {
    assert.equal(isRefusal(status), expected);
  });
}
