import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  addRealKeystone,
  givenSwift,
  startRealSwift,
  stopRealSwift,
  storeEnvironments,
} from './servers.ts';

// The same tests as `npm test` has for image data in files, but those that look at the files.
const imageDataTests = [
  'test/api/image-data.test.ts',
  'test/api/slow-senders.test.ts',
  'test/api/uploads.test.ts',
  'test/contract/api.test.ts',
];

async function runTests(files: readonly string[], settings: Readonly<Record<string, string>>) {
  const args = ['--test', '--test-concurrency=2', ...files];
  const env = { ...process.env, ...settings };
  const child = spawn(process.execPath, args, { env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exitCode = 1;
}

const folder = await mkdtemp(join(tmpdir(), 'reference-swift-'));
try {
  await startRealSwift(folder);
  await addRealKeystone(folder);
  const found = { VITRINE_TEST_SWIFT: folder };

  console.log('What every store promises, and servers that fail:');
  await runTests(await Array.fromAsync(glob('test/stores/*.test.ts')), found);

  process.env['VITRINE_TEST_SWIFT'] = folder;
  const swift = await givenSwift();
  for (const [kind, environmentOf] of Object.entries(storeEnvironments)) {
    console.log(`\nThe API, with images in ${kind}:`);
    const store = JSON.stringify(environmentOf(swift, { place: 'api-tests' }));
    await runTests(imageDataTests, { VITRINE_TEST_STORE: store });
  }
} finally {
  await stopRealSwift(folder);
}
