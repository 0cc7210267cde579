import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PatternError, safePattern } from './safe-pattern.ts';

describe('a pattern that is taken', () => {
  const taken: Readonly<
    Record<string, readonly [matches: readonly string[], others: readonly string[]]>
  > = {
    '^x_.*': [['x_', 'x_a'], ['ax_']],
    '.*': [['', 'anything'], []],
    secret: [['a_secret_b'], ['public']],
    '.*_secret.*': [['a_secret_b'], ['secret']],
    '^(hw|os)_[a-z]+$': [
      ['hw_a', 'os_b'],
      ['hw_', 'hw_1'],
    ],
    '^(?:a_)*b$': [['b', 'a_a_b'], ['a_']],
    '^a[|*+]b': [['a|b', 'a*b'], ['ab']],
    'a\\.*$': [['a...'], ['ab']],
    '^trait:': [['trait:X'], ['x']],
  };
  for (const [source, [matches, others]] of Object.entries(taken)) {
    test(`${source} finds what it is written for`, () => {
      const pattern = safePattern(source);

      for (const name of matches) assert.match(name, pattern);
      for (const name of others) assert.doesNotMatch(name, pattern);
    });
  }

  test('finds what JavaScript finds by the pattern as it was written', () => {
    const letters = fc.stringMatching(/^[ab.*+?|()^$]{1,8}$/);
    const names = fc.stringMatching(/^[ab]{0,6}$/);

    fc.assert(
      fc.property(letters, names, (source, name) => {
        const pattern = tryPattern(source);
        if (pattern) assert.equal(pattern.test(name), new RegExp(source).test(name));
      }),
      { numRuns: 2000 },
    );
  });
});

function tryPattern(source: string): RegExp | undefined {
  try {
    return safePattern(source);
  } catch (error) {
    assert(error instanceof PatternError);
    return undefined;
  }
}

describe('a pattern that is refused', () => {
  const refused: Readonly<Record<string, RegExp>> = {
    '(a+)+$': /repeats a group/,
    '(a|aa)*$': /repeats a group/,
    '((a*)b)*': /repeats a group/,
    '(a?){20}': /repeats a group/,
    '^a*b*c*d*$': /take too long/,
    'a*b*c*$': /take too long/,
    [`${'a?'.repeat(25)}b`]: /take too long/,
    '(.)\\1': /refers back/,
    '(?=a)b': /only groups/,
    '(?<!a)b': /only groups/,
    '(?P<n>a)': /only groups/,
    '(a': /no regular expression/,
    '[b': /no regular expression/,
    '*': /no regular expression/,
  };
  for (const [source, message] of Object.entries(refused)) {
    test(source.slice(0, 20), () => {
      assert.throws(() => safePattern(source), { name: 'PatternError', message });
    });
  }
});
