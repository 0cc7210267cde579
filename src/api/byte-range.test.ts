import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DomainError, type ErrorCode } from '../domain/errors.ts';
import { type ByteRange, requestedRange } from './byte-range.ts';

type Outcome = readonly [first: number, last: number] | ErrorCode;

function outcome(ask: () => ByteRange | undefined): unknown {
  try {
    const range = ask();
    return range && [range.first, range.last];
  } catch (error) {
    return error instanceof DomainError ? error.code : error;
  }
}

const long = '9'.repeat(400);

const ranges: readonly [header: string, size: number, expected: Outcome][] = [
  ['bytes=0-0', 100, [0, 0]],
  ['bytes=0-99', 100, [0, 99]],
  ['bytes=10-19', 100, [10, 19]],
  ['bytes=99-99', 100, [99, 99]],
  ['bytes=10-', 100, [10, 99]],
  ['bytes=0-', 100, [0, 99]],
  ['bytes=-1', 100, [99, 99]],
  ['bytes=-30', 100, [70, 99]],
  ['BYTES=5-6', 100, [5, 6]],
  [' bytes=5-6 ', 100, [5, 6]],
  ['bytes=007-08', 100, [7, 8]],
  ['bytes=90-100', 100, [90, 99]],
  [`bytes=90-${long}`, 100, [90, 99]],
  ['bytes=-100', 100, [0, 99]],
  ['bytes=-101', 100, [0, 99]],
  [`bytes=-${long}`, 100, [0, 99]],
  ['bytes=100-', 100, 'RangeNotSatisfiable'],
  ['bytes=100-200', 100, 'RangeNotSatisfiable'],
  [`bytes=${long}-`, 100, 'RangeNotSatisfiable'],
  [`bytes=${long}-${long}`, 100, 'RangeNotSatisfiable'],
  ['bytes=10-5', 100, 'RangeNotSatisfiable'],
  ['bytes=-0', 100, 'RangeNotSatisfiable'],
  ['bytes=-', 100, 'RangeNotSatisfiable'],
  ['bytes=', 100, 'RangeNotSatisfiable'],
  ['', 100, 'RangeNotSatisfiable'],
  ['bytes', 100, 'RangeNotSatisfiable'],
  ['items=0-5', 100, 'RangeNotSatisfiable'],
  ['bytes 0-5', 100, 'RangeNotSatisfiable'],
  ['bytes=0-5/100', 100, 'RangeNotSatisfiable'],
  ['bytes=a-b', 100, 'RangeNotSatisfiable'],
  ['bytes=0x1-5', 100, 'RangeNotSatisfiable'],
  ['bytes=1e1-20', 100, 'RangeNotSatisfiable'],
  ['bytes=1.5-5', 100, 'RangeNotSatisfiable'],
  ['bytes=+1-5', 100, 'RangeNotSatisfiable'],
  ['bytes=--5', 100, 'RangeNotSatisfiable'],
  ['bytes=0 - 5', 100, 'RangeNotSatisfiable'],
  ['bytes=0-5\n', 100, [0, 5]],
  ['bytes=٠-٥', 100, 'RangeNotSatisfiable'],
  ['bytes=0-5,10-15', 100, 'InvalidRequest'],
  ['bytes=0-5,', 100, 'InvalidRequest'],
  ['bytes=0-', 0, 'RangeNotSatisfiable'],
  ['bytes=0-0', 0, 'RangeNotSatisfiable'],
  ['bytes=-5', 0, 'RangeNotSatisfiable'],
];

const contentRanges: readonly [header: string, size: number, expected: Outcome][] = [
  ['bytes 0-0/100', 100, [0, 0]],
  ['bytes 10-19/100', 100, [10, 19]],
  ['bytes 0-99/100', 100, [0, 99]],
  ['bytes 10-19/*', 100, [10, 19]],
  ['Bytes 10-19/100', 100, [10, 19]],
  ['bytes 10-19/101', 100, 'RangeNotSatisfiable'],
  ['bytes 10-100/100', 100, 'RangeNotSatisfiable'],
  ['bytes 10-100/*', 100, 'RangeNotSatisfiable'],
  ['bytes 19-10/100', 100, 'RangeNotSatisfiable'],
  ['bytes 100-100/100', 100, 'RangeNotSatisfiable'],
  [`bytes ${long}-${long}/*`, 100, 'RangeNotSatisfiable'],
  [`bytes 0-5/${long}`, 100, 'RangeNotSatisfiable'],
  ['bytes */100', 100, 'RangeNotSatisfiable'],
  ['bytes 0-/100', 100, 'RangeNotSatisfiable'],
  ['bytes=0-5', 100, 'RangeNotSatisfiable'],
  ['bytes=0-5/100', 100, 'RangeNotSatisfiable'],
  ['', 100, 'RangeNotSatisfiable'],
  ['bytes 0-0/0', 0, 'RangeNotSatisfiable'],
];

describe('Range', () => {
  for (const [header, size, expected] of ranges) {
    test(`${JSON.stringify(header.slice(0, 40))} of ${size} bytes is ${String(expected)}`, () => {
      assert.deepEqual(
        outcome(() => requestedRange({ range: header }, size)),
        expected,
      );
    });
  }

  test('asks for everything when absent', () => {
    assert.equal(requestedRange({}, 100), undefined);
    assert.equal(requestedRange({ range: undefined, contentRange: undefined }, 0), undefined);
  });

  test('lies within the data whatever is asked', () => {
    const number = fc.oneof(fc.constant(''), fc.nat().map(String), fc.bigInt().map(String));

    fc.assert(
      fc.property(number, number, fc.nat(), (first, last, size) => {
        const found = outcome(() => requestedRange({ range: `bytes=${first}-${last}` }, size));

        if (found === 'RangeNotSatisfiable') return;
        assert.ok(Array.isArray(found));
        const [from, to] = found;
        assert.ok(Number.isSafeInteger(from) && Number.isSafeInteger(to));
        assert.ok(0 <= from && from <= to && to < size);
      }),
    );
  });
});

describe('Content-Range of a request', () => {
  for (const [header, size, expected] of contentRanges) {
    test(`${JSON.stringify(header.slice(0, 40))} of ${size} bytes is ${String(expected)}`, () => {
      assert.deepEqual(
        outcome(() => requestedRange({ contentRange: header }, size)),
        expected,
      );
    });
  }

  test('yields to Range', () => {
    const range = requestedRange({ range: 'bytes=0-1', contentRange: 'bytes 5-6/100' }, 100);

    assert.deepEqual(range, { first: 0, last: 1 });
  });
});
