import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedLooks } from './shared-looks.ts';

test('those who want the same look at once, or shortly after, share one', async () => {
  const looks = sharedLooks();
  let count = 0;
  const look = async () => {
    count += 1;
  };

  await Promise.all([looks.at('a', look), looks.at('a', look), looks.at('b', look)]);
  await looks.at('a', look);

  assert.equal(count, 2);
});

test('a look that failed is shared with nobody', async () => {
  const looks = sharedLooks();
  let count = 0;
  const look = async () => {
    count += 1;
  };

  const failed = looks.at('a', () => Promise.reject(new Error('the reader left')));
  const waiting = looks.at('a', look);

  await assert.rejects(failed, /the reader left/);
  await waiting;
  assert.equal(count, 1);
});

test('a look holds for a second', async (t) => {
  const now = t.mock.method(performance, 'now', () => 5000);
  const looks = sharedLooks();
  let count = 0;
  const look = async () => {
    count += 1;
  };

  for (const at of [5000, 5999, 6000, 6999, 7000]) {
    now.mock.mockImplementation(() => at);
    await looks.at('a', look);
  }

  assert.equal(count, 3);
});
