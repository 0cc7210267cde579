import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cloudAuth, logIn } from '../support/clouds.ts';
import { startServer } from '../support/running-server.ts';
import { qcow2File } from './pictures.ts';

const run = promisify(execFile);
const readme = fileURLToPath(new URL('../../README.md', import.meta.url));
const server = await startServer();
const place = await mkdtemp(join(tmpdir(), 'vitrine-readme-'));
after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(place, { recursive: true });
});

/** The commands of one chapter, a block each. */
async function blocksOf(chapter: string): Promise<string[]> {
  const text = await readFile(readme, 'utf8');
  const body = text.split(`\n## ${chapter}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...body.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
}

/** A folder as the reader has it: the clone's `data` beside whatever else is in it. */
async function readersFolder(name: string): Promise<string> {
  const folder = join(place, name);
  await mkdir(folder);
  await symlink(server.dataDirectory, join(folder, 'data'));
  return folder;
}

async function bash(script: string, cwd: string): Promise<string> {
  const settings = { OS_CLIENT_CONFIG_FILE: join(cwd, 'data', 'clouds.yaml'), HOME: place };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env: { ...process.env, ...settings },
  });
  return stdout;
}

test('the share of the README works as it is written', async () => {
  const [asProducer = '', asConsumer = ''] = await blocksOf('Share an image');
  const producers = await readersFolder('producer');
  const consumers = await readersFolder('consumer');
  await copyFile(await qcow2File(place), join(producers, 'golden.qcow2'));

  await bash(asProducer, producers);
  const login = await logIn(
    await cloudAuth(join(producers, 'data', 'clouds.yaml'), 'vitrine-producer'),
  );
  const listed = await fetch(`${login.imageEndpoint}/v2/images?name=golden`, {
    headers: { 'X-Auth-Token': login.token },
  });
  const { images } = (await listed.json()) as { images: { id: string }[] };
  const output = await bash(asConsumer.replaceAll('<image id>', images[0]?.id ?? ''), consumers);

  assert.equal(images.length, 1);
  assert.match(output, /golden/);
  const sent = await readFile(join(producers, 'golden.qcow2'));
  assert.ok(sent.equals(await readFile(join(consumers, 'copy.qcow2'))));
});
