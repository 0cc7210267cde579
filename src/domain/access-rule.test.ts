import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callerOf } from '../../test/support/domain.ts';
import { isWithinRules, type RuledRequest } from './access-rule.ts';

const list: RuledRequest = { service: 'image', method: 'GET', path: '/v2/images' };

function admits(path: string, request: Partial<RuledRequest>): boolean {
  const accessRules = [{ id: 'r', service: 'image', method: 'GET', path }];
  return isWithinRules({ ...callerOf('p', 'member'), accessRules }, { ...list, ...request });
}

test('without rules every request is within them, with none at all no request is', () => {
  const caller = callerOf('p', 'member');

  assert.equal(isWithinRules(caller, list), true);
  assert.equal(isWithinRules({ ...caller, accessRules: [] }, list), false);
});

test('service and method must be those of the rule', () => {
  assert.equal(admits('/v2/images', {}), true);
  assert.equal(admits('/v2/images', { method: 'HEAD' }), false);
  assert.equal(admits('/v2/images', { service: 'identity' }), false);
});

// Each as Keystone's middleware 10.1 has it, but for the dot, which stands for itself here.
const paths: readonly (readonly [string, string, boolean])[] = [
  ['/v2/images', '/v2/images/', false],
  ['/v2/images', '/v2/image', false],
  ['/v2/images/*', '/v2/images/1', true],
  ['/v2/images/*', '/v2/images/', false],
  ['/v2/images/*', '/v2/images/1/file', false],
  ['/v2/images/{image_id}', '/v2/images/1', true],
  ['/v2/images/{image_id}/file', '/v2/images/1/file', true],
  ['/v2/images/{image_id}/file', '/v2/images/1/2/file', false],
  ['/v2/im*/1', '/v2/images/1', true],
  ['/v2/**', '/v2/', true],
  ['/v2/**', '/v2/images/1/file', true],
  ['/v2/**/file', '/v2/images/1/file', true],
  ['/v2/**/file', '/v2/images/1/files', false],
  ['/**', '/v2/images', true],
  ['/v2/***', '/v2/i', true],
  ['/v2/***', '/v2/', false],
  ['/v2.images', '/v2/images', false],
  ['/v2/{images', '/v2/images', true],
  ['/v2/+(a)', '/v2/+(a)', true],
];

for (const [pattern, path, admitted] of paths) {
  test(`${pattern} ${admitted ? 'admits' : 'does not admit'} ${path}`, () => {
    assert.equal(admits(pattern, { path }), admitted);
  });
}

test('no pattern takes long, and an overlong path is within none', () => {
  const pattern = `/${'**a'.repeat(74)}`;
  const begin = performance.now();

  assert.equal(admits(pattern, { path: `/${'a'.repeat(4000)}b` }), false);
  assert.equal(admits('/**', { path: `/${'a'.repeat(5000)}` }), false);
  assert(performance.now() - begin < 2000);
});
