import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerOf, imageWith } from '../../test/support/domain.ts';
import { defaultPolicy } from '../domain/policy.ts';
import { decisionsOf, watchedCaller, watchedPolicy } from './audit.ts';

test('what a rule says of very many images is noted once', () => {
  const caller = watchedCaller(callerOf('mine', 'reader'));
  const policy = watchedPolicy(defaultPolicy);
  const answers = Array.from({ length: 1000 }, (_, n) => {
    const owner = n % 2 === 0 ? 'mine' : 'other';
    return policy.allows('get_image', caller, imageWith({ owner, visibility: 'private' }));
  });

  const noted = decisionsOf(caller);

  assert.deepEqual(new Set(answers), new Set([true, false]));
  assert.deepEqual(
    noted.map(({ rule, allowed }) => [rule, allowed]),
    [
      ['get_image', true],
      ['get_image', false],
    ],
  );
  assert.notEqual(noted[1]?.missing.length, 0);
});

test('what rules say of a caller that is not watched is noted nowhere', () => {
  const caller = callerOf('mine', 'reader');

  watchedPolicy(defaultPolicy).allows('get_images', caller, {
    owner: 'mine',
    visibility: 'private',
  });

  assert.deepEqual(decisionsOf(caller), []);
});
