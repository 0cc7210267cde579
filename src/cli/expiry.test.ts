import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandError } from './command-error.ts';
import { expiryOf } from './expiry.ts';

const now = Date.UTC(2026, 0, 1);

for (const [given, meant] of [
  ['90m', '2026-01-01T01:30:00.000Z'],
  ['12h', '2026-01-01T12:00:00.000Z'],
  ['30d', '2026-01-31T00:00:00.000Z'],
  ['8w', '2026-02-26T00:00:00.000Z'],
  ['2030-12-31T23:59:59Z', '2030-12-31T23:59:59.000Z'],
  ['2030-12-31T23:59:59.5+02:00', '2030-12-31T21:59:59.500Z'],
] as const) {
  test(`${given} is ${meant}`, () => {
    assert.equal(expiryOf(given, now).toISOString(), meant);
  });
}

for (const given of [
  '',
  '12',
  '-1h',
  '1y',
  'tomorrow',
  '2030-12-31',
  '2030-13-01T00:00:00Z',
  '2030-12-31T23:59:59',
]) {
  test(`${JSON.stringify(given)} is no time`, () => {
    assert.throws(() => expiryOf(given, now), CommandError);
  });
}
