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

/** Makes images with data, by their names. */
async function makeImages(clouds: string, url: string, names: readonly string[]): Promise<void> {
  const { token } = await logIn(await cloudAuth(clouds, 'vitrine-producer'));
  const headers = { 'x-auth-token': token };
  for (const name of names) {
    const body = JSON.stringify({ name, disk_format: 'raw', container_format: 'bare' });
    const made = await fetch(`${url}/v2/images`, { method: 'POST', headers, body });
    const { id } = (await made.json()) as { readonly id: string };
    await fetch(`${url}/v2/images/${id}/file`, {
      method: 'PUT',
      headers: { ...headers, 'content-type': 'application/octet-stream' },
      body: name,
    });
  }
}

test('the commands of the page on sharing go well, in their order', async () => {
  await using server = await startServer();
  const clouds = join(server.dataDirectory, 'clouds.yaml');
  await makeImages(clouds, server.url, ['golden', 'golden-13.1', 'golden-13.2']);
  const env = { OS_CLIENT_CONFIG_FILE: clouds };

  for (const command of commands) {
    const { code, err } = await runCommand(command, { env });

    assert.equal(code, 0, `${command.join(' ')}: ${err}`);
  }
  assert.ok(commands.length > 30);
});
