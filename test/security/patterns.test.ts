import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseSync, Visitor } from 'oxc-parser';
import { isSafe } from 'redos-detector';

/** What a regular expression of the source is and where it stands. */
interface Pattern {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/** ms; the detector gives up on a pattern after that, which counts as unsafe. */
const timeout = 500;

/**
 * Patterns that the detector cannot call safe, and texts that would make them slow if they were not. All that
 * is asked of them is that a text as long as the service lets one be takes no longer than a blink.
 */
const watched: Readonly<Record<string, readonly string[]>> = {
  '/<base href="[^"]*"/': ['<base href="'.repeat(400)],
  '/(<meta name="identity" content=")[^"]*"/': ['<meta name="identity" content="'.repeat(200)],
  '/\\{(\\w+)\\}/g': ['{'.repeat(4_000), `${'{a'.repeat(2_000)}`, `{${'a'.repeat(4_000)}`],
  '/\\.([^.]+)$/': ['.'.repeat(4_000), `.${'a'.repeat(4_000)}.`, '.a'.repeat(2_000)],
  '/:\\d*$/': [`${':'.repeat(4_000)}x`, `${':1'.repeat(2_000)}x`],
  '/\\/+$/': [`${'/'.repeat(4_000)}x`],
  '/\\{[^}]*\\}|\\*\\*|\\*|[^{}*]/gu': [
    '{'.repeat(4_000),
    '*'.repeat(4_000),
    `{${'*'.repeat(4_000)}`,
  ],
  '/(?<!\\\\)(?:\\.\\*)+$/': [`${'.*'.repeat(500)}x`, '\\.*'.repeat(300)],
  '/\\\\[1-9k]|\\\\.|\\[(?:\\\\.|[^\\]\\\\])*\\]|\\((?:\\?(?::|.{1,2}))?|[*+?]\\??|\\{[\\d,]*\\}\\??|[\\s\\S]/g':
    ['['.repeat(1_000), '[\\'.repeat(500), '{1,'.repeat(300), '(?'.repeat(500)],
  '/^([^=:]+?)\\s*[=:]\\s*(.*)$/': [`a${' '.repeat(2_000)}b`, `a=${' '.repeat(2_000)}`],
  '/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g': [
    '-----BEGIN CERTIFICATE-----'.repeat(500),
  ],
  '/(?:\\s*"((?:[^"\\\\]|\\\\.)*)"\\s*|([^",]*))(,|$)/sy': [
    ' '.repeat(30_000),
    `"${'\\'.repeat(30_000)}`,
    `"${'a'.repeat(30_000)}`,
    ' "'.repeat(15_000),
  ],
};

/** ms of processor time, so that a busy machine fails nobody */
const blink = 50;

function patternsOf(file: string): Pattern[] {
  const patterns: Pattern[] = [];
  const { program } = parseSync(file, readFileSync(file, 'utf8'));
  new Visitor({
    Literal(node) {
      if (!('regex' in node)) return;
      patterns.push({ file, source: node.regex.pattern, flags: node.regex.flags });
    },
  }).visit(program);
  return patterns;
}

const files = globSync('src/**/*.{ts,tsx}').filter((file) => !file.includes('.test.'));
const patterns = files.flatMap(patternsOf);

test(`none of the source's ${patterns.length} patterns makes anybody wait`, () => {
  assert(patterns.length > 50, 'the patterns were not found');
  const suspects = patterns.filter(({ source, flags }) => {
    if (`/${source}/${flags}` in watched) return false;
    return !isSafe(new RegExp(source, flags), { timeout }).safe;
  });

  assert.deepEqual(
    suspects.map(({ file, source, flags }) => `${file}: /${source}/${flags}`),
    [],
  );
});

test('the detector knows a pattern that does', () => {
  assert.equal(isSafe(/^(a+)+$/, { timeout }).safe, false);
});

for (const [literal, texts] of Object.entries(watched)) {
  test(`${literal.slice(0, 60)} is quick on what is made to slow it down`, () => {
    const pattern = patterns.find(({ source, flags }) => `/${source}/${flags}` === literal);
    assert(pattern, 'no such pattern is left: take it off the list');
    const { source, flags } = pattern;
    for (const text of texts) {
      const expression = new RegExp(source, flags);
      const begin = process.cpuUsage();
      if (expression.global) text.replaceAll(expression, '');
      else expression.test(text);
      const { user, system } = process.cpuUsage(begin);
      const took = (user + system) / 1000;

      assert(took < blink, `${took} ms for ${text.slice(0, 20)}… of ${text.length}`);
    }
  });
}
