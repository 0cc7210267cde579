import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runCommand } from '../support/command.ts';
import { configOf } from '../support/config.ts';
import { sharedService } from '../support/service.ts';

const { policies } = configOf('policies: {publicize_image: role:admin or role:publisher}');
const service = await sharedService({ config: { policies } });
const path = '/vitrine/v1/policy/check';
const question = {
  action: 'publicize_image',
  roles: ['publisher', 'reader'],
  relation: 'stranger',
  visibility: 'public',
};

function vitrine(line: string) {
  const env = { OS_CLIENT_CONFIG_FILE: `${service.folder}/clouds.yaml` };
  return runCommand(line.split(' '), { env });
}

describe('the question how the rules decide', () => {
  test('is answered by the rules that the service runs with', async () => {
    const answer = await service.call('admin', 'POST', path, question);

    assert.deepEqual(answer.json, {
      allowed: true,
      decided_by: 'publicize_image',
      rule: 'role:admin or role:publisher',
      overridden: true,
      because: [{ condition: 'role:publisher', holds: true }],
    });
  });

  test('is for admins', async () => {
    assert.equal((await service.call('producer', 'POST', path, question)).status, 403);
    assert.equal((await service.call('nobody', 'POST', path, question)).status, 401);
    assert.equal((await service.call('admin', 'GET', path)).status, 405);
  });

  const wrong: readonly (readonly [field: string, value: unknown])[] = [
    ['action', 'publicise_image'],
    ['action', 'toString'],
    ['action', 1],
    ['roles', 'admin'],
    ['roles', [1]],
    ['relation', 'friend'],
    ['visibility', undefined],
  ];
  for (const [field, value] of wrong) {
    test(`makes no sense with ${field} ${JSON.stringify(value)}`, async () => {
      const answer = await service.call('admin', 'POST', path, { ...question, [field]: value });

      assert.equal(answer.status, 400);
      assert.match(answer.text, new RegExp(field));
    });
  }
});

describe('vitrine policy check', () => {
  test('tells the decision, the rule and what decided', async () => {
    const { code, out } = await vitrine('policy check download_image --as reader --owner');

    assert.equal(code, 0);
    assert.equal(
      out,
      [
        'allowed     no',
        'decided_by  download_image',
        'rule        role:admin or (role:member and (owner or member or public or community or (ownerless and shared)))',
        'from        default',
        'because     role:admin fails, role:member fails',
        '',
      ].join('\n'),
    );
  });

  test('takes several roles and prints JSON', async () => {
    const { out } = await vitrine(
      'policy check publicize_image --as reader,publisher --visibility public --json',
    );

    assert.partialDeepStrictEqual(JSON.parse(out), { allowed: true, from: 'configuration' });
  });

  test('refuses an action that is none, and two relations at once', async () => {
    const unknown = await vitrine('policy check publish --as admin');
    const both = await vitrine('policy check add_image --as admin --owner --member');

    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /no rule publish; there are add_image/);
    assert.equal(both.code, 2);
  });
});
