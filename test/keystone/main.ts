import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../support/running-server.ts';
import { keystoneSettings, startRealKeystone, stopRealKeystone } from './real-keystone.ts';

/** A port that was free a moment ago: the catalog names the service before it is started. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no port.');
  return address.port;
}

/** Runs Node to its end. */
async function node(args: readonly string[], settings: Readonly<Record<string, string>>) {
  const env = { ...process.env, ...settings };
  const child = spawn(process.execPath, args, { env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exitCode = 1;
}

async function files(pattern: string): Promise<string[]> {
  return await Array.fromAsync(glob(pattern));
}

const folder = await mkdtemp(join(tmpdir(), 'reference-keystone-'));
try {
  const port = String(await freePort());
  const keystone = await startRealKeystone(folder, `http://127.0.0.1:${port}`);
  await using _server = await startServer({ ...keystoneSettings(keystone), VITRINE_PORT: port });

  console.log('Tokens, and a Keystone that is away, slow or wrong:');
  const own = await files('test/keystone/*.test.ts');
  await node(['--test', '--test-concurrency=1', ...own], { VITRINE_TEST_KEYSTONE: folder });

  console.log('\nThe real command lines:');
  // Not the README's own commands, which are for a service with its own accounts, nor those that ask Keystone alone.
  const clients = (await files('test/interop/*.test.ts')).filter(
    (file) => !/readme|openstack-identity/.test(file),
  );
  const clouds = { VITRINE_INTEROP_CLOUDS: keystone.cloudsFile };
  await node(['--test', '--test-concurrency=2', ...clients], clouds);

  console.log('\nTempest:');
  await node(['test/tempest/main.ts', '--clouds', keystone.cloudsFile], {});
} finally {
  await stopRealKeystone(folder);
}
