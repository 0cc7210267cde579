import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configOf } from '../../test/support/config.ts';
import { type ConfigError, loadConfig } from '../config.ts';

const glanceFile = `
# As Glance's own sample has it
[^x_billing_code_.*]
create = admin
read = admin, _member_
update: admin
delete = admin

; the rest
[.*]
CREATE = @
read = @
update = @
delete = @
`;

function withFile(text: string) {
  const environment = { VITRINE_PROPERTY_PROTECTION: '{file: protections.conf}' };
  return loadConfig(environment, (path) => {
    if (path !== 'protections.conf') throw new Error('no such file');
    return text;
  });
}

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    return (error as ConfigError).problems;
  }
  return [];
}

describe('property protection', () => {
  test('is none unless it is configured', () => {
    assert.equal(configOf('').propertyProtection, null);
  });

  test("is read from a file of Glance's form", () => {
    const sections = withFile(glanceFile).propertyProtection;

    assert.deepEqual(
      sections?.map(({ pattern, rights }) => [pattern.source, rights.read]),
      [
        [
          '^x_billing_code_',
          {
            kind: 'or',
            conditions: [
              { kind: 'role', name: 'admin' },
              { kind: 'role', name: '_member_' },
            ],
          },
        ],
        ['(?:)', { kind: 'word', name: '@' }],
      ],
    );
  });

  test('is read from the configuration itself, in either format', () => {
    const { propertyProtection } = configOf(`property_protection:
  rule_format: policies
  sections:
    - name: ^a_
      read: role:admin or owner
`);

    assert.deepEqual(propertyProtection?.[0]?.rights, {
      create: { kind: 'word', name: '!' },
      read: {
        kind: 'or',
        conditions: [
          { kind: 'role', name: 'admin' },
          { kind: 'word', name: 'owner' },
        ],
      },
      update: { kind: 'word', name: '!' },
      delete: { kind: 'word', name: '!' },
    });
  });

  const wrong: readonly (readonly [text: string, problems: readonly RegExp[]])[] = [
    ['5', [/a mapping with sections/]],
    ['{}', [/either sections or a file/]],
    ['{file: a, sections: []}', [/either sections or a file/]],
    ['{file: other.conf}', [/other\.conf cannot be read: no such file/]],
    ['{sections: {a: b}}', [/sections: a list is wanted/]],
    ['{sections: [{read: "@"}]}', [/each needs a name/]],
    [
      '{rule_format: rules, secions: [], sections: [{name: "(", read: "role:"}]}',
      [/secions: is not known/, /rule_format: one of roles, policies/, /section \(: is no regular/],
    ],
  ];
  for (const [text, problems] of wrong) {
    test(`makes no sense as ${text}`, () => {
      const environment = { VITRINE_PROPERTY_PROTECTION: text };
      const told = problemsOf(() =>
        loadConfig(environment, () => {
          throw new Error('no such file');
        }),
      );

      assert.equal(told.length, problems.length, told.join('\n'));
      for (const [index, problem] of problems.entries()) {
        assert.match(told[index] ?? '', /^VITRINE_PROPERTY_PROTECTION: /);
        assert.match(told[index] ?? '', problem);
      }
    });
  }

  test('tells the lines of a file that it cannot read', () => {
    const told = problemsOf(() => withFile('create = admin\n[^a]\nread\n'));

    assert.equal(told.length, 2);
    assert.match(told[0] ?? '', /file: line 1: \[name\] or key = value is wanted/);
    assert.match(told[1] ?? '', /file: line 3/);
  });
});
