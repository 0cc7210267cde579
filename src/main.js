// Where the process starts: the built service if it is what the sources say, else the sources. JavaScript, since
// TypeScript that is read before there is a cache for it loads a compiler that stays: 15 MiB.
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { findBuild, importBuilt, keepBuild } from './built-service.js';

// Loading would let the space for young objects grow to 48 MiB, most of which then stands empty. At the 1 MiB that it
// begins with one thread empties it faster than several, which wait for each other; at 4 MiB lists went a tenth faster
// on SQLite and a fifth slower on PostgreSQL, whose answers outlive it there and are collected with all that is old.
for (const flag of [
  '--semi-space-growth-factor=1',
  '--no-parallel-scavenge',
  // Else what many uploads leave may lie around until the heap has three times its size.
  '--heap-growing-percent=40',
]) {
  setFlagsFromString(flag);
}

// What a start does it does once: compiling that for speed takes the time of other threads, and leaves 17 MiB behind.
const optimizers = ['opt', 'maglev'];
for (const name of optimizers) setFlagsFromString(`--no-${name}`);

const root = join(import.meta.dirname, '..');
const build = findBuild(root)?.path;
if (build) keepBuild(build);

// Later starts load what the first one compiled; of sources, without their compiler.
enableCompileCache(join(build ?? join(root, 'node_modules', '.cache'), 'compiled'));

// Hashing the first passwords takes about as long as loading the service, and other threads do it: so
// it begins before the service is loaded, on what looks like a first start.
const dataDir = process.env['VITRINE_DATA_DIR'] || './data';
// The others are there where the database is elsewhere.
const looksEmpty = !['vitrine.db', 'process-id', 'workers'].some((name) =>
  existsSync(join(dataDir, name)),
);
// A configuration file may name another folder, or a Keystone; it is read later.
const isTold = Boolean(process.env['VITRINE_CONFIG']);
const wantsAccounts = looksEmpty && !isTold && process.env['VITRINE_IDENTITY'] !== 'keystone';
const { firstSecrets } = await (build
  ? importBuilt(build, 'first-secrets')
  : import('./identity/first-secrets.ts'));
const secrets = wantsAccounts ? firstSecrets(3) : undefined;

const { runService } = await (build ? importBuilt(build, 'process') : import('./process.ts'));
await runService(secrets);

for (const name of optimizers) setFlagsFromString(`--${name}`);
