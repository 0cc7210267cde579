import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { configOf } from '../support/config.ts';

const folder = fileURLToPath(new URL('../../docs', import.meta.url));

for (const name of (await readdir(folder)).filter((one) => one.endsWith('.md'))) {
  const text = await readFile(join(folder, name), 'utf8');
  for (const [, settings = ''] of text.matchAll(/^```yaml\n(.*?)^```$/gms)) {
    test(`the service takes the settings of docs/${name} that begin with ${settings.split('\n', 1).join()}`, () => {
      assert.doesNotThrow(() => configOf(settings));
    });
  }
}
