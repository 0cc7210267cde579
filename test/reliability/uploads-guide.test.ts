import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { qcow2 } from '../support/disk-images.ts';
import { createImage } from '../support/image-calls.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'docs/uploads.md'), 'utf8');

/** The commands of the page, in their order. */
const commands = [...page.matchAll(/^```console\n(.*?)^```$/gms)]
  .flatMap(([, block = '']) => block.split('\n'))
  .filter((line) => line.startsWith('$ '))
  .map((line) => line.slice(2));

test('the commands of the page on uploads go well, in their order', async () => {
  await using folder = await emptyFolder();
  await using service = await runService();
  await writeFile(
    join(folder.path, 'disk.qcow2'),
    Buffer.concat([qcow2(), Buffer.alloc(300_000, 'data')]),
  );
  const vitrine = `"${process.execPath}" "${join(root, 'src/cli/main.ts')}"`;
  const script = ['set -e -o pipefail', ...commands.flatMap((line) => [`echo '+' >&2`, line])];

  const child = spawn('bash', ['-c', script.join('\n').replaceAll('npx vitrine', vitrine)], {
    cwd: folder.path,
    env: {
      PATH: process.env['PATH'],
      TOKEN: await service.token('producer'),
      IMAGE: await createImage(service, { disk_format: 'qcow2' }),
      URL: service.url,
      XDG_STATE_HOME: join(folder.path, 'state'),
      OS_CLIENT_CONFIG_FILE: join(service.folder, 'clouds.yaml'),
    },
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);

  assert.equal(code, 0, out + err);
  assert.equal(err.match(/^\+$/gm)?.length, commands.length);
  assert.equal(commands.length, 7);
});
