import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toFailure } from './s3-failure.ts';

test('a missing region is no server that cannot be reached', () => {
  const { message } = toFailure('look at the bucket', new Error('Region is missing'));

  assert.equal(
    message,
    'Could not look at the bucket: there is no region. Set s3_store_region_name.',
  );
});
