import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipientsIn } from './recipients.ts';

test('names are parted by commas, semicolons and line ends, and each counts once', () => {
  assert.deepEqual(recipientsIn(' alpha, beta team;\n\nalpha\ngamma , '), [
    ...['alpha', 'beta team', 'gamma'],
  ]);
  assert.deepEqual(recipientsIn(' \n'), []);
});
