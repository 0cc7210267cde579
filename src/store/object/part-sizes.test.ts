import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partSizes } from './part-sizes.ts';

const mib = 1024 * 1024;
const tib = 1024 * 1024 * mib;
const limits = { partSize: 10 * mib, maxParts: 10_000, maxSize: tib, expectedSize: undefined };

/** Bytes of all parts together. */
function total(sizes: (number: number) => number, parts: number): number {
  return Array.from({ length: parts }, (_, n) => sizes(n + 1)).reduce((a, b) => a + b);
}

test('announced data comes in parts of one size, as small as the limit of parts allows', () => {
  for (const [expectedSize, size] of [
    [0, 10 * mib],
    [1000, 10 * mib],
    [10 * mib * 10_000, 10 * mib],
    [10 * mib * 10_000 + 1, 11 * mib],
    [tib, 105 * mib],
  ] as const) {
    const sizes = partSizes({ ...limits, expectedSize });
    assert.equal(sizes(1), size, `of ${expectedSize}`);
    assert.equal(sizes(10_000), size);
    assert(total(sizes, 10_000) >= expectedSize);
  }
});

test('data of unknown size comes in parts that grow, and all of them hold the largest', () => {
  for (const maxSize of [mib, 10 * mib * 10_000, tib, 5 * tib]) {
    const sizes = partSizes({ ...limits, maxSize });
    assert.equal(sizes(1), 10 * mib);
    assert(total(sizes, 10_000) >= maxSize, `of ${maxSize}`);
    // Never more than twice of what parts of one size would need.
    assert(sizes(10_000) <= Math.max(10 * mib, (2 * maxSize) / 10_000 + mib));
  }
});

test('the first gigabyte of unknown size needs no large parts', () => {
  const sizes = partSizes(limits);
  let sent = 0;
  let number = 1;
  for (; sent < 1024 * mib; number += 1) sent += sizes(number);
  assert(sizes(number) <= 13 * mib, `part ${number} has ${sizes(number)} bytes`);
});
