import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonOutput, type Output, textOutput } from './output.ts';

function written(make: (write: (text: string) => void) => Output, use: (output: Output) => void) {
  let all = '';
  use(
    make((text) => {
      all += text;
    }),
  );
  return all;
}

const rows = [
  { name: 'lab', enabled: true, email: null },
  { name: 'workshop', enabled: false, email: 'w@example.org' },
];

test('people get aligned columns, with words for what is not there', () => {
  const text = written(textOutput, (output) => output.table(rows, ['name', 'enabled', 'email']));

  assert.equal(
    text,
    'name      enabled  email\nlab       yes      -\nworkshop  no       w@example.org\n',
  );
});

test('a name cannot steer the terminal', () => {
  const text = written(textOutput, (output) => output.fields({ name: 'a\u001b[2Jb\nc' }));

  assert.equal(text, 'name  a\uFFFD[2Jb\uFFFDc\n');
});

test('programs get JSON and no chatter', () => {
  const text = written(jsonOutput, (output) => {
    output.done('done');
    output.table(rows, ['name']);
  });

  assert.deepEqual(JSON.parse(text), rows);
});
