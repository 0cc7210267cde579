import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkWhole, imageWith } from '../support/image-calls.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';
import { seededBytes } from '../support/slow-data.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'docs/back-up.md'), 'utf8');

/** The commands of the page, in their order. */
const commands = [...page.matchAll(/^```console\n(.*?)^```$/gms)]
  .flatMap(([, block = '']) => block.split('\n'))
  .filter((line) => line.startsWith('$ '))
  .map((line) => line.slice(2));

const start = /^VITRINE_DATA_DIR=(\S+) npm start$/;

test('the commands of the page on backups go well, in their order', async () => {
  await using place = await emptyFolder();
  await using service = await runService({ folder: join(place.path, 'vitrine') });
  const data = seededBytes('guide', 70_000);
  const id = await imageWith(service, data);
  let started = 0;

  for (const line of commands) {
    const command = line.replaceAll('/srv/', `${place.path}/`);
    const folder = start.exec(command)?.[1];
    if (folder === undefined) {
      const { code, err } = await run(command, service.folder);
      assert.equal(code, 0, `${line}: ${err}`);
      continue;
    }
    await using restored = await runService({ folder });
    await checkWhole(restored, id, data);
    started += 1;
  }
  assert(commands.length > 3);
  assert.equal(started, 1);
});

async function run(command: string, dataDir: string) {
  const vitrine = `"${process.execPath}" "${join(root, 'src/cli/main.ts')}"`;
  const child = spawn('bash', ['-c', command.replaceAll('npx vitrine', vitrine)], {
    env: { PATH: process.env['PATH'], VITRINE_DATA_DIR: dataDir },
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}
