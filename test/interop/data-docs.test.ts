import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { codeBlocks } from '../support/documents.ts';
import { dataHost } from '../support/imports.ts';
import { startServer } from '../support/running-server.ts';
import { emptyFolder } from '../support/service-process.ts';

const run = promisify(execFile);
const place = await emptyFolder();
const host = await dataHost((request, response) => {
  response.writeHead(200, { 'content-length': 5 });
  response.end(request.method === 'HEAD' ? undefined : '12345');
});
const stores = ['fast', 'archive'].map((id) => ({
  id,
  type: 'file',
  filesystem_store_datadir: join(place.path, id),
}));
const server = await startServer({
  VITRINE_STORES: JSON.stringify([...stores, { id: 'web', type: 'http' }]),
  VITRINE_WEB_ALLOWED_HOSTS: '127.0.0.1',
  VITRINE_WEB_ALLOWED_PORTS: '[]',
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await host[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs commands as a reader does, with whatever the pages name replaced by what is here; what they print. */
async function runAs(cloud: string, commands: string): Promise<string> {
  const here = commands
    .replaceAll('npx vitrine', `node ${join(root, 'bin', 'vitrine.mjs')}`)
    .replaceAll('http://127.0.0.1:9292', server.url)
    .replaceAll(/https:\/\/\w+\.example\.com\//g, host.url);
  const file = join(place.path, 'commands.sh');
  await writeFile(file, `set -euo pipefail\n${here}`);
  // At a terminal, as a reader is: otherwise the client takes its standard input for the data of an image.
  const terminal = `script -qefc 'bash ${file}' /dev/null </dev/null | tr -d '\\r'`;
  const { stdout } = await run('bash', ['-o', 'pipefail', '-c', terminal], {
    cwd: place.path,
    env: {
      ...process.env,
      HOME: place.path,
      OS_CLIENT_CONFIG_FILE: join(server.dataDirectory, 'clouds.yaml'),
      OS_CLOUD: cloud,
    },
  });
  return stdout;
}

/** The commands of a page, a block each. */
async function commandsOf(page: string): Promise<readonly string[]> {
  return (await codeBlocks(page, 'console')).map((block) => block.replaceAll(/^\$ /gm, ''));
}

const show = (name: string, column: string) =>
  runAs('vitrine-producer', `openstack image show -f value -c ${column} ${name}`);

async function isActive(name: string): Promise<void> {
  const end = Date.now() + 30_000;
  while ((await show(name, 'status')).trim() !== 'active') {
    assert(Date.now() < end, `${name} does not become active`);
  }
}

test('the commands of the pages on import and stores go well, in their order', async () => {
  await writeFile(join(place.path, 'disk.raw'), 'x'.repeat(1000));
  const [imports = ''] = await commandsOf('import.md');
  const [moves = '', locates = '', ...more] = await commandsOf('stores.md');

  await runAs('vitrine-producer', imports);
  await isActive('one');
  await isActive('two');
  const located = await runAs('vitrine-producer', locates);
  const one = (await show('one', 'id')).trim();
  const moved = await runAs('vitrine-admin', moves.replace(/[\da-f]{8}(-[\da-f]{4,12}){4}/, one));

  assert.deepEqual(more, []);
  assert.equal(located.trim(), 'active');
  assert.match(moved, /^fast +file/m);
  assert.match(moved, /copied to archive/);
  assert.match(await show('one', 'properties'), /archive/);
  await runAs('vitrine-producer', 'openstack image save --file saved.raw mirrored');
  assert.equal(await readFile(join(place.path, 'saved.raw'), 'utf8'), '12345');
});
