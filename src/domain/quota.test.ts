import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unlimited } from '../../test/support/domain.ts';
import { DomainError } from './errors.ts';
import {
  checkQuotas,
  mib,
  type ProjectLimits,
  roomLeft,
  type Usage,
  used,
  withOverrides,
} from './quota.ts';

const usage: Usage = { images: 2, bytes: 3 * mib, stagedBytes: 0, uploads: 1 };

interface Case {
  readonly limits: Partial<ProjectLimits>;
  readonly added: Partial<Usage>;
  /** The refusal; undefined when there is none. */
  readonly refusal?: RegExp;
}

const cases: Readonly<Record<string, Case>> = {
  'everything without limits': {
    limits: {},
    added: { images: 1, bytes: 2 ** 50, uploads: 1 },
  },
  'the last image': { limits: { images: 3 }, added: { images: 1 } },
  'one image more': {
    limits: { images: 2 },
    added: { images: 1 },
    refusal: /^image_count_total: the limit is 2; 2 are in use, and 1 more/,
  },
  'any image below a limit that was lowered': {
    limits: { images: 0 },
    added: { images: 1 },
    refusal: /^image_count_total: the limit is 0; 2 are in use/,
  },
  'data of a project with too many images': { limits: { images: 0 }, added: { bytes: 1 } },
  'the last byte': { limits: { storage: 4 }, added: { bytes: mib } },
  'one byte more': {
    limits: { storage: 4 },
    added: { bytes: mib + 1 },
    refusal:
      /^image_size_total: the limit is 4 MiB; 3145728 of 4194304 bytes are in use, and 1048577 more/,
  },
  'no bytes, whatever there is': { limits: { storage: 1 }, added: { bytes: 0, uploads: 1 } },
  'the last upload': { limits: { uploads: 2 }, added: { uploads: 1 } },
  'one upload more': {
    limits: { uploads: 1 },
    added: { uploads: 1, bytes: 0 },
    refusal: /^image_count_uploading: the limit is 1; 1 are in use, and 1 more/,
  },
};

describe('quotas', () => {
  for (const [name, { limits, added, refusal }] of Object.entries(cases)) {
    test(`${refusal ? 'refuse' : 'admit'} ${name}`, () => {
      const check = () => checkQuotas({ ...unlimited, ...limits }, usage, added);

      if (!refusal) assert.doesNotThrow(check);
      else {
        assert.throws(check, (error) => {
          assert.ok(error instanceof DomainError);
          assert.equal(error.code, 'QuotaExceeded');
          assert.match(error.message, refusal);
          return true;
        });
      }
    });
  }
});

test('a limit of the project holds instead of the configured one, others stay', () => {
  const limits = withOverrides(
    { ...unlimited, images: 5, tags: 7 },
    new Map([['image_count_total', -1]]),
  );

  assert.deepEqual(limits, { ...unlimited, images: -1, tags: 7 });
});

test('the room left is never negative, and infinite without a limit', () => {
  assert.equal(roomLeft({ ...unlimited, storage: 4 }, usage), mib);
  assert.equal(roomLeft({ ...unlimited, storage: 1 }, usage), 0);
  assert.equal(roomLeft(unlimited, usage), Number.POSITIVE_INFINITY);
});

test('use is told in the unit of its quota, in whole MiB', () => {
  const some = { ...usage, bytes: 3 * mib - 1, stagedBytes: mib };

  assert.equal(used(some, 'image_count_total'), 2);
  assert.equal(used(some, 'image_size_total'), 2);
  assert.equal(used(some, 'image_stage_total'), 1);
  assert.equal(used(some, 'image_count_uploading'), 1);
});
