import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { emptyFolder, spawnService } from '../support/service-process.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

/** The commands of the page, a block each. */
async function blocksOfPage(): Promise<string[]> {
  const text = await readFile(join(root, 'docs/secure.md'), 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
}

test('the commands for TLS work as they are written', async () => {
  await using folder = await emptyFolder();
  const [certificate = '', clients = ''] = await blocksOfPage();
  const environment = { ...process.env, HOME: folder.path };
  const bash = (script: string) =>
    run('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder.path, env: environment });

  await bash(certificate);
  const dataDir = join(folder.path, 'data');
  const service = spawnService({
    VITRINE_DATA_DIR: dataDir,
    VITRINE_PORT: '0',
    VITRINE_TLS_CERT_FILE: join(folder.path, 'tls.crt'),
    VITRINE_TLS_KEY_FILE: join(folder.path, 'tls.key'),
  });
  const url = await service.ready;
  // The reader's port is the usual one, and his folder the clone.
  const asHere = clients
    .replace('https://127.0.0.1:9292', url)
    .replace('npm run vitrine --', `node ${join(root, 'bin/vitrine.mjs')}`);
  const { stdout } = await bash(asHere).finally(() => service.kill('SIGTERM'));
  await service.exited;

  assert.match(stdout, /^OK/);
  assert.match(stdout, /\badmin\b.*\bproducer\b/s);
});
