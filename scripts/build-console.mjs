// Builds the web console into build/console/, from which the service serves it. Runs before `npm start` too, on
// whatever Node the machine has, and does nothing when what it would build is there already.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'build', 'console');

/** What the console is made of; its tools come with the lock file. */
const sources = ['src/console', 'src/client', 'package-lock.json', 'scripts/build-console.mjs'];

/** @param {string} path @returns {string[]} */
function filesAt(path) {
  const entries = readdirSync(join(root, path), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Of all that goes into the build. */
function keyOfSources() {
  const hash = createHash('sha256');
  for (const source of sources) {
    const files = extname(source) === '' ? filesAt(source) : [join(root, source)];
    for (const file of files) hash.update(file.slice(root.length)).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** @param {string} folder */
async function build(folder) {
  const { build: bundle } = await import('vite');
  await bundle({
    root: join(root, 'src', 'console'),
    base: './',
    configFile: false,
    logLevel: 'error',
    // Node's own caches of other projects are not ours to write to.
    cacheDir: join(root, 'node_modules', '.cache', 'vite'),
    build: {
      outDir: folder,
      emptyOutDir: true,
      // No file becomes text in another one: the policy of the page allows files alone.
      assetsInlineLimit: 0,
      modulePreload: false,
      target: 'es2023',
      reportCompressedSize: false,
    },
  });
}

/** @param {string} folder */
function compress(folder) {
  const assets = join(folder, 'assets');
  for (const name of readdirSync(assets)) {
    const bytes = readFileSync(join(assets, name));
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(join(assets, `${name}.br`), brotliCompressSync(bytes, { params }));
    writeFileSync(join(assets, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  }
}

async function main() {
  const key = keyOfSources();
  const keyFile = join(target, 'key');
  if (existsSync(keyFile) && readFileSync(keyFile, 'utf8') === key) return;
  const began = performance.now();
  const partial = `${target}.${process.pid}`;
  try {
    await build(partial);
    compress(partial);
    writeFileSync(join(partial, 'key'), key);
    rmSync(target, { recursive: true, force: true });
    renameSync(partial, target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.error(`Built the web console (once, ${seconds} s).`);
}

try {
  await main();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  console.error(`The web console was not built: ${text}`);
  // The service does without.
  if (!process.argv.includes('--if-possible')) process.exitCode = 1;
}
