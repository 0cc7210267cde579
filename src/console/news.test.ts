import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardOf, kindsIn, newsKinds, nothingHeard } from './news.ts';

test('an event is about what its type names, and whatever may have been missed is about everything', () => {
  assert.deepEqual(kindsIn('vitrine.share.offered'), ['share']);
  assert.deepEqual(kindsIn('vitrine.request.made'), ['request']);
  assert.deepEqual(kindsIn('vitrine.family.rolled_back'), ['family']);
  for (const type of ['vitrine.gap', 'vitrine.sharex.y', undefined]) {
    assert.deepEqual(kindsIn(type), newsKinds);
  }
});

test('what is heard counts for its own kind alone', () => {
  const heard = heardOf(heardOf(nothingHeard, ['request']), ['request', 'family']);

  assert.deepEqual(heard, { share: 0, request: 2, family: 1 });
});
