import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readConfig } from '../config.ts';

const read = (text: string, environment: Readonly<Record<string, string>> = {}) =>
  readConfig({ VITRINE_CONFIG: 'vitrine.yaml', ...environment }, () => text);

describe('what an operator gives', () => {
  const wrong: readonly (readonly [text: string, problems: readonly string[]])[] = [
    ['[]', ['vitrine.yaml:1: a mapping of settings to values is wanted.']],
    ['port', ['vitrine.yaml:1: a mapping of settings to values is wanted.']],
    [
      '# a comment\n\nport: 70000\nhost:\n  - a\n',
      [
        'vitrine.yaml:4: host: an address to listen on is wanted.',
        'vitrine.yaml:3: port: a whole number from 0 to 65535 is wanted.',
      ],
    ],
    ['\nprot: 1', ['vitrine.yaml:2: prot: is no setting. Is port meant?']],
    [
      'colour: red',
      ['vitrine.yaml:1: colour: is no setting. `vitrine config show` lists them all.'],
    ],
    ['port: 1\nport: 2', ['vitrine.yaml:2: is not YAML: Map keys must be unique.']],
  ];
  for (const [text, problems] of wrong) {
    test(`is refused as ${JSON.stringify(text)}, with the line`, () => {
      assert.deepEqual(read(text).problems, problems);
    });
  }

  test('is refused when it is not YAML, with the line', () => {
    const { problems } = read('port: 1\nhost: "open\n');

    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', /^vitrine\.yaml:\d: is not YAML: /);
  });

  test('is refused when the file cannot be read', () => {
    const { problems } = readConfig({ VITRINE_CONFIG: 'gone.yaml' }, () => {
      throw new Error('no such file');
    });

    assert.deepEqual(problems, ['VITRINE_CONFIG: gone.yaml cannot be read: no such file.']);
  });

  test('is known with its place, the environment before the file', () => {
    const { states, config } = read('host: "::"\nport: 1\n', {
      VITRINE_PORT: '2',
      VITRINE_HOST: '',
    });

    const places = states.flatMap(({ setting, given }) =>
      given ? [[setting.key, given.place]] : [],
    );
    assert.deepEqual(places, [
      ['host', 'vitrine.yaml:1'],
      ['port', 'VITRINE_PORT'],
    ]);
    assert.deepEqual([config.host, config.port], ['::', 2]);
  });

  test('is nothing in an empty file', () => {
    for (const text of ['', '# nothing\n', '---\n']) assert.deepEqual(read(text).problems, []);
  });

  test('may be a variable that is no setting: it is told, and harms nothing', () => {
    const { problems, warnings } = read('', { VITRINE_PROT: '1', PORT: '2' });

    assert.deepEqual(problems, []);
    assert.deepEqual(warnings, ['VITRINE_PROT: is no setting. Is VITRINE_PORT meant?']);
  });
});
