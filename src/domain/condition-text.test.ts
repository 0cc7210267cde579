import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCondition } from './condition-text.ts';

const rules = new Set(['modify_image', 'get_image']);
const owner = { kind: 'word', name: 'owner' } as const;
const member = { kind: 'word', name: 'member' } as const;
const open = { kind: 'word', name: 'public' } as const;

describe('the text of a condition', () => {
  const texts = {
    owner,
    '  owner\t': owner,
    '(owner)': owner,
    '((owner))': owner,
    '@': { kind: 'word', name: '@' },
    '!': { kind: 'word', name: '!' },
    'role:admin': { kind: 'role', name: 'admin' },
    'role:Image-Admin_2': { kind: 'role', name: 'image-admin_2' },
    'role:member': { kind: 'role', name: 'member' },
    modify_image: { kind: 'rule', name: 'modify_image' },
    'not owner': { kind: 'not', condition: owner },
    'not not owner': { kind: 'not', condition: { kind: 'not', condition: owner } },
    'owner and member and public': { kind: 'and', conditions: [owner, member, open] },
    'owner OR member': { kind: 'or', conditions: [owner, member] },
    'owner or member and public': {
      kind: 'or',
      conditions: [owner, { kind: 'and', conditions: [member, open] }],
    },
    '(owner or member) and public': {
      kind: 'and',
      conditions: [{ kind: 'or', conditions: [owner, member] }, open],
    },
    'not owner and member': {
      kind: 'and',
      conditions: [{ kind: 'not', condition: owner }, member],
    },
    'not (owner and member)': {
      kind: 'not',
      condition: { kind: 'and', conditions: [owner, member] },
    },
  };
  for (const [text, condition] of Object.entries(texts)) {
    test(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseCondition(text, rules), condition);
    });
  }

  const wrong: readonly (readonly [text: string, position: number, message: RegExp])[] = [
    ['', 1, /a condition is wanted, but the text ends/],
    ['   ', 4, /the text ends/],
    ['owner or', 9, /a condition is wanted/],
    ['and owner', 1, /"and" is found/],
    ['owner member', 7, /"and", "or" or the end is wanted, but "member"/],
    ['(owner', 7, /"\)" for "\(" at character 1/],
    ['owner)', 6, /"\)" is found/],
    ['()', 2, /"\)" is found/],
    ['role:', 1, /"role:" is found/],
    ['role:admin or ower', 15, /one of owner member .*"ower"/],
    ['rule:modify_image', 1, /"rule:modify_image"/],
    ['Owner', 1, /"Owner"/],
    ['!owner', 1, /"!owner"/],
    ['upload_image', 1, /a rule or one of/],
    ['not', 4, /a condition is wanted/],
    ['a'.repeat(1001), 1001, /at most 1000 characters/],
  ];
  for (const [text, position, message] of wrong) {
    test(`is refused where it goes wrong: ${JSON.stringify(text.slice(0, 30))}`, () => {
      assert.throws(() => parseCondition(text, rules), { position, message });
    });
  }

  test('is refused when its parentheses nest too deep, not at the end of the stack', () => {
    const deep = `${'('.repeat(500)}owner${')'.repeat(495)}`;

    assert.throws(() => parseCondition(deep, rules), { position: 1001 });
    assert.deepEqual(parseCondition(`${'('.repeat(490)}owner${')'.repeat(490)}`, rules), owner);
  });
});
