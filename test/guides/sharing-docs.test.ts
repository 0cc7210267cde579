import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cloudAuth, logIn } from '../support/clouds.ts';
import { runCommand } from '../support/command.ts';
import { startServer } from '../support/running-server.ts';

const text = await readFile(
  fileURLToPath(new URL('../../docs/sharing.md', import.meta.url)),
  'utf8',
);

/** The commands of the page, each as its words. */
const commands = [...text.matchAll(/^```console\n(.*?)^```$/gms)]
  .flatMap(([, block = '']) => block.split('\n'))
  .filter((line) => line.startsWith('$ npx vitrine '))
  .map((line) =>
    [...line.slice('$ npx vitrine '.length).matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, plain = '']) => quoted ?? plain,
    ),
  );

test('the commands of the page on sharing go well, in their order', async () => {
  await using server = await startServer();
  const clouds = join(server.dataDirectory, 'clouds.yaml');
  const { token } = await logIn(await cloudAuth(clouds, 'vitrine-producer'));
  await fetch(`${server.url}/v2/images`, {
    method: 'POST',
    headers: { 'x-auth-token': token },
    body: JSON.stringify({ name: 'golden', disk_format: 'raw', container_format: 'bare' }),
  });
  const env = { OS_CLIENT_CONFIG_FILE: clouds };

  for (const command of commands) {
    const { code, err } = await runCommand(command, { env });

    assert.equal(code, 0, `${command.join(' ')}: ${err}`);
  }
  assert.ok(commands.length > 9);
});
