import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { parseArgs } from 'node:util';
import { startTestService } from '../support/service.ts';
import { chapters } from './api/chapters.ts';
import { cloudTarget } from './api/cloud-target.ts';
import { check, play } from './api/play.ts';

// With --url and --clouds any running service is held to the contract, else one of this test's own.
const { values } = parseArgs({
  options: { url: { type: 'string' }, clouds: { type: 'string' } },
  strict: false,
});
const url = typeof values['url'] === 'string' ? values['url'] : undefined;
const clouds = typeof values['clouds'] === 'string' ? values['clouds'] : undefined;
const target = clouds === undefined ? await startTestService() : await cloudTarget(clouds, url);
after(() => target[Symbol.asyncDispose]());

for (const { title, rows } of chapters) {
  describe(title, () => {
    for (const row of rows) {
      test(row.says, async () => {
        check(row, await play(row, target));
      });
    }
  });
}

test('no two statements of the contract have the same name', () => {
  const names = chapters.flatMap(({ rows }) => rows.map(({ says }) => says));

  const twice = names.filter((name, index) => names.indexOf(name) !== index);

  assert.deepEqual(twice, []);
});
