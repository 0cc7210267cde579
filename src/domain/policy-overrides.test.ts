import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerOf } from '../../test/support/domain.ts';
import { defaultPolicy, policyOf } from './policy.ts';
import { parseOverrides } from './policy-overrides.ts';

const image = { owner: 'owner', visibility: 'shared' } as const;
const publisher = callerOf('owner', 'reader', 'publisher');
const owner = callerOf('owner', 'member');

function policyWith(texts: Readonly<Record<string, unknown>>) {
  const { overrides, problems } = parseOverrides(texts);
  assert.deepEqual(problems, []);
  return policyOf(overrides);
}

describe('a rule that is replaced', () => {
  const policy = policyWith({ publicize_image: 'role:admin or role:publisher' });

  test('decides in place of the default, and alone', () => {
    assert.equal(policy.allows('publicize_image', publisher, image), true);
    assert.equal(defaultPolicy.allows('publicize_image', publisher, image), false);
    assert.equal(policy.allows('modify_image', publisher, image), false);
    assert.equal(policy.allows('modify_image', owner, image), true);
  });

  test('is told as it was written, with what decided', () => {
    assert.deepEqual(policy.explain('publicize_image', publisher, image), {
      allowed: true,
      rule: 'role:admin or role:publisher',
      isOverridden: true,
      because: [{ condition: 'role:publisher', holds: true }],
    });
    assert.deepEqual(policy.explain('modify_image', publisher, image), {
      allowed: false,
      rule: 'role:admin or (role:member and owner)',
      isOverridden: false,
      because: [
        { condition: 'role:admin', holds: false },
        { condition: 'role:member', holds: false },
      ],
    });
  });

  test('opens nothing to a token without a project', () => {
    const open = policyWith({ modify_image: '@' });
    const unscoped = callerOf(null, 'admin');

    assert.equal(open.allows('modify_image', unscoped, image), false);
    assert.deepEqual(open.explain('modify_image', unscoped, image).because, []);
  });

  test('may shut admins out', () => {
    const shut = policyWith({ download_image: 'owner' });

    assert.equal(shut.allows('download_image', callerOf('elsewhere', 'admin'), image), false);
  });
});

describe('a rule that refers to another', () => {
  test('follows it, the default or what replaced it', () => {
    const policy = policyWith({
      delete_image: 'modify_image and not role:intern',
      modify_image: 'upload_image or role:editor',
    });
    const editor = callerOf('elsewhere', 'editor');
    const intern = callerOf('owner', 'member', 'intern');

    assert.equal(policy.allows('delete_image', owner, image), true);
    assert.equal(policy.allows('delete_image', editor, image), true);
    assert.equal(policy.allows('delete_image', intern, image), false);
    assert.deepEqual(policy.explain('delete_image', intern, image).because, [
      { condition: 'role:intern', holds: true },
    ]);
  });

  test('may not lead back to itself', () => {
    const { problems } = parseOverrides({
      modify_image: 'delete_image',
      delete_image: 'owner and not modify_image',
      upload_image: 'upload_image or owner',
      get_image: 'modify_image',
    });

    assert.deepEqual(
      problems.map((problem) => problem.split(':')[0]),
      ['modify_image', 'delete_image', 'upload_image'],
    );
  });
});

test('everything that is wrong is told at once, by rule and place', () => {
  const { problems } = parseOverrides({
    publicise_image: 'role:admin',
    delete_image: 'role:admin and',
    modify_image: 'owner or ower',
    get_image: null,
    add_image: ['role:admin'],
    upload_image: 'owner',
  });

  assert.equal(problems.length, 5);
  assert.match(problems[0] ?? '', /^publicise_image: no such rule; there are .*publicize_image/);
  assert.match(problems[1] ?? '', /^delete_image: character 15: a condition is wanted/);
  assert.match(problems[2] ?? '', /^modify_image: character 10: .*"ower"/);
  assert.match(problems[3] ?? '', /^get_image: the text of a condition/);
  assert.match(problems[4] ?? '', /^add_image: the text of a condition/);
});
