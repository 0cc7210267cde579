import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkCharacters, parseJsonBody, parseJsonObject } from './json-body.ts';

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe('a body', () => {
  test('is an object or a list', () => {
    assert.deepEqual(parseJsonBody(bytes('{"a": [1, "ü€"]}')), { a: [1, 'ü€'] });
    assert.deepEqual(parseJsonBody(bytes('[]')), []);
  });

  const refused: readonly (readonly [what: string, body: Uint8Array | undefined, text: RegExp])[] =
    [
      ['none at all', undefined, /no body/],
      ['an empty one', bytes(''), /no body/],
      ['blanks', bytes('  '), /malformed JSON/],
      ['a word', bytes('{bad'), /malformed JSON/],
      ['a comma too many', bytes('{"a":1,}'), /malformed JSON/],
      ['two documents', bytes('{}{}'), /malformed JSON/],
      ['NaN, which JSON has not', bytes('{"a":NaN}'), /malformed JSON/],
      ['a bare string', bytes('"x"'), /object or list/],
      ['a bare number', bytes('5'), /object or list/],
      ['a bare true', bytes('true'), /object or list/],
      ['a bare null', bytes('null'), /object or list/],
      ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), /not valid UTF-8/],
      ['half of a UTF-8 character', new Uint8Array([0x22, 0xc3]), /not valid UTF-8/],
      ['an overlong UTF-8 form', new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), /not valid UTF-8/],
      ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), /not valid UTF-8/],
      ['a 4-byte character', bytes('{"name": "a😀"}'), /^name: has a character above U\+FFFF/],
      ['one written as an escape', bytes('{"name": "\\ud83d\\ude00"}'), /^name: has a character/],
      ['half of an escaped one', bytes('{"name": "\\ud83d"}'), /^name: has a character/],
      ['the other half', bytes('{"name": "\\uDE00"}'), /^name: has a character/],
      ['a 4-byte character in a name', bytes('{"a😀": "x"}'), /name in the body/],
      ['one deep inside', bytes('{"tags": [["x", {"y": "😀"}]]}'), /^tags: has a character/],
      ['one in a list', bytes('[{"op": "add", "path": "/😀"}]'), /^The body: has a character/],
    ];
  for (const [what, body, message] of refused) {
    test(`is refused when it is, or has, ${what}`, () => {
      assert.throws(() => parseJsonBody(body), { code: 'InvalidRequest', message });
    });
  }

  test('keeps characters up to U+FFFF, escaped or not, and what only looks like a half', () => {
    const body = parseJsonBody(bytes('{"a": "\\uffff\\ud7ff\\ue000 \\\\ud83d ü"}'));

    assert.deepEqual(body, { a: '\uffff\ud7ff\ue000 \\ud83d ü' });
  });

  test('may nest as deep as its size allows', () => {
    const depth = 200_000;
    const text = `{"a": ${'['.repeat(depth)}"\\ud83d"${']'.repeat(depth)}}`;

    assert.throws(() => parseJsonBody(bytes(text)), { code: 'InvalidRequest', message: /^a: / });
  });

  test('takes nothing from the prototype of objects', () => {
    const body = parseJsonObject(bytes('{"__proto__": "x", "constructor": "y"}'));

    assert.deepEqual(Object.keys(body), ['__proto__', 'constructor']);
  });
});

test('an object is wanted where a list will not do', () => {
  assert.deepEqual(parseJsonObject(bytes('{}')), {});
  assert.throws(() => parseJsonObject(bytes('[{}]')), {
    code: 'InvalidRequest',
    message: /not a list/,
  });
});

test('a refusal of characters names where they stand', () => {
  assert.doesNotThrow(() => checkCharacters('ü€', 'member'));
  assert.throws(() => checkCharacters('😀', 'member'), { message: /^member: / });
});
