import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../../test/support/config.ts';
import type { ConfigError } from '../config.ts';

const file = `
policies:
  publicize_image: role:admin or role:publisher
  download_image: role:reader and (owner or member or public or community)
`;

test('policies are read from the file', () => {
  const { policies } = configOf(file);

  assert.deepEqual([...policies.keys()], ['publicize_image', 'download_image']);
  assert.equal(policies.get('publicize_image')?.text, 'role:admin or role:publisher');
});

test('policies in the environment, as YAML or JSON, stand in place of the file', () => {
  for (const text of ['add_member: owner', '{"add_member": "owner"}']) {
    const { policies } = configOf(file, { VITRINE_POLICIES: text });

    assert.deepEqual([...policies.keys()], ['add_member']);
  }
});

test('no policies replace nothing', () => {
  assert.equal(configOf('').policies.size, 0);
  assert.equal(configOf('policies: {}').policies.size, 0);
});

test('every problem is told with its place, beside those of other settings', () => {
  const wrong = 'port: none\npolicies: {publicize_image: role:admin or, delet_image: owner}';

  assert.throws(
    () => configOf(wrong),
    ({ problems }: ConfigError) => {
      assert.deepEqual(problems.slice(0, 2), [
        'vitrine.yaml:1: port: a whole number from 0 to 65535 is wanted.',
        'vitrine.yaml:2: policies: publicize_image: character 14: a condition is wanted, but the text ends.',
      ]);
      assert.match(problems[2] ?? '', /^vitrine\.yaml:2: policies: delet_image: no such rule/);
      return problems.length === 3;
    },
  );
});
