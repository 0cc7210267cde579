// Runs before `npm start` and `npm test`, on whatever Node the machine has: installs the
// dependencies, Node 24 among them, when they are missing or older than the lock file, and
// builds the service when its sources have changed.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildService } from './build-service.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const lock = join(root, 'package-lock.json');
// npm writes this file last, so an interrupted installation does not count as one.
const installed = join(root, 'node_modules', '.package-lock.json');

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  console.error('Installing dependencies (once, up to a minute) …');
  const npm = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) {
    console.error(
      'npm ci failed. Check that the npm registry can be reached, then run the command again.',
    );
    process.exit(npm.status ?? 1);
  }
}

try {
  await buildService();
} catch (error) {
  // From its sources the service does the same, in more memory.
  const text = error instanceof Error ? error.message : String(error);
  console.error(`The service was not built and runs from its sources: ${text}`);
}
