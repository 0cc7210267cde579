import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const rows = readFileSync('docs/security.md', 'utf8')
  .split('\n## Threats')[1]
  ?.split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (threat|---)/.test(line));

test('each threat names its defence, and tests that are there', () => {
  assert(rows && rows.length > 20);
  for (const row of rows) {
    const [, threat = '', defence = '', held = ''] = row.split('|').map((cell) => cell.trim());
    const files = [...held.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file);

    assert(threat !== '' && defence !== '', row);
    assert(files.length > 0, `nothing holds "${threat}"`);
    for (const file of files) assert(existsSync(file), `${file}, of "${threat}"`);
  }
});
