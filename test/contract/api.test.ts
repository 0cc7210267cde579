import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { parseArgs } from 'node:util';
import { startTestService } from '../support/service.ts';
import { chapters } from './api/chapters.ts';
import { cloudTarget } from './api/cloud-target.ts';
import { crossOrigin, pageOrigin } from './api/cross-origin.ts';
import { check, play } from './api/play.ts';

// With --url and --clouds any running service is held to the contract, else one of this test's own.
// What it answers to pages of other origins is looked at when --origin names one that it allows.
const { values } = parseArgs({
  options: { url: { type: 'string' }, clouds: { type: 'string' }, origin: { type: 'string' } },
  strict: false,
});
const url = typeof values['url'] === 'string' ? values['url'] : undefined;
const clouds = typeof values['clouds'] === 'string' ? values['clouds'] : undefined;
const target =
  clouds === undefined
    ? await startTestService({ config: { corsAllowedOrigins: [pageOrigin] } })
    : await cloudTarget(clouds, url);
const origin = clouds === undefined ? pageOrigin : values['origin'];
const played = typeof origin === 'string' ? [...chapters, crossOrigin(origin)] : chapters;
after(() => target[Symbol.asyncDispose]());

for (const { title, rows } of played) {
  describe(title, () => {
    for (const row of rows) {
      test(row.says, async () => {
        check(row, await play(row, target));
      });
    }
  });
}

test('no two statements of the contract have the same name', () => {
  const names = played.flatMap(({ rows }) => rows.map(({ says }) => says));

  const twice = names.filter((name, index) => names.indexOf(name) !== index);

  assert.deepEqual(twice, []);
});
