import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countText, durationText, shortId, sizeText, timeText } from './text.ts';

test('sizes have the largest unit that fits, and one digit where it says something', () => {
  const sizes = [0, 1, 1023, 1024, 1536, 200 * 1024, 5 * 1024 ** 3, 3 * 1024 ** 6];

  assert.deepEqual(sizes.map(sizeText), [
    ...['0 B', '1 B', '1023 B', '1.0 KiB', '1.5 KiB', '200 KiB', '5.0 GiB', '3072 PiB'],
  ]);
  assert.equal(sizeText(null), '–');
});

test('durations have two units at most', () => {
  assert.deepEqual([0.2, 59.5, 125, 7260].map(durationText), [
    ...['1 s', '1 min 0 s', '2 min 5 s', '2 h 1 min'],
  ]);
});

test('times are those of the reader, and what is no time is left as it is', () => {
  assert.match(timeText('2026-11-26T12:05:00Z'), /^2026-11-2[567] \d{2}:05$/);
  assert.equal(timeText('soon'), 'soon');
});

test('counts have a plural and thin spaces', () => {
  assert.deepEqual(
    [0, 1, 1234567].map((count) => countText(count, 'image')),
    ['0 images', '1 image', '1\u202f234\u202f567 images'],
  );
});

test('long ids are cut', () => {
  assert.equal(shortId('d34dbeef-0000-4000-8000-000000000000'), 'd34dbeef…');
  assert.equal(shortId('123456'), '123456');
});
