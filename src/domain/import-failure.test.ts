import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qcow2, vhd } from '../../test/support/disk-images.ts';
import { DomainError } from './errors.ts';
import { formatCheck } from './image-format/data-format.ts';
import { likelyFormat } from './image-format/likely-format.ts';
import { importFailure } from './import-failure.ts';

const rules = { requiresMatch: true, vmdkTypes: [], harmlessChecks: [] };

/** What an import of a VHD fails by that brings this data. */
function failureOf(data: Uint8Array): unknown {
  const check = formatCheck({ diskFormat: 'vhd', containerFormat: 'bare' }, rules);
  try {
    check.read(data);
    check.end(data.length);
  } catch (cause) {
    return importFailure(cause, 'vhd');
  }
  return undefined;
}

for (const [what, data, code] of [
  ['what is no VHD', Buffer.alloc(4096, 1), '396'],
  ['a VHD with a parent', vhd({ type: 4 }), '721'],
  ['a VHD of an unknown type', vhd({ type: 6 }), '523'],
  ['a VHD that is cut off', vhd().subarray(0, 100), '111'],
] as const) {
  test(`${what} has code ${code}`, () => {
    const failure = failureOf(data);

    assert(failure instanceof DomainError);
    const start = `Image cannot be imported. Error code: '${code}'. `;
    assert.ok(failure.message.startsWith(start), failure.message);
    assert.ok(failure.message.length > start.length);
  });
}

test('what fails by something else, or as another format, is told as it is', () => {
  const lost = new Error('lost');
  const refusal = new DomainError('UnsupportedMediaType', 'no');

  assert.equal(importFailure(lost, 'vhd'), lost);
  assert.equal(importFailure(refusal, 'qcow2'), refusal);
});

test('the ends of data tell its likely format', () => {
  const fixed = vhd({ disk: Buffer.alloc(4096) });
  assert.equal(likelyFormat(qcow2(), Buffer.alloc(512)), 'qcow2');
  assert.equal(likelyFormat(vhd(), vhd().subarray(-512)), 'vhd');
  assert.equal(likelyFormat(fixed.subarray(0, 100), fixed.subarray(-512)), 'vhd');
  assert.equal(likelyFormat(Buffer.alloc(4096), Buffer.alloc(512)), 'raw');
  assert.equal(likelyFormat(Buffer.alloc(0), Buffer.alloc(0)), 'raw');
});
