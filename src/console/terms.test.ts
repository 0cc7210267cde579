import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endAfter, termsOf, wordOf } from './terms.ts';

const now = Date.parse('2026-11-27T12:00:00Z');

test('an end is so many days from now, and none is none', () => {
  assert.equal(endAfter('7', now), '2026-12-04T12:00:00.000Z');
  assert.equal(endAfter('0', now), '2026-11-27T12:00:00.000Z');
  assert.equal(endAfter('', now), null);
});

test('blanks say nothing', () => {
  assert.equal(wordOf(' \n'), null);
  assert.equal(wordOf(' yes '), 'yes');
  assert.deepEqual(termsOf({ note: ' ', days: '' }, now), { note: null, expires_at: null });
  assert.deepEqual(termsOf({ note: 'hi', days: '1' }, now), {
    note: 'hi',
    expires_at: '2026-11-28T12:00:00.000Z',
  });
});
