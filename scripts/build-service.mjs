// Builds the service into build/service/, from which src/main.js runs it as long as no source has changed since: a few
// files take less memory than a thousand modules, and no compiler of TypeScript. On whatever Node the machine has.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildsOf, findBuild, keyOf, sourcesIn, unusedTime } from '../src/built-service.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const builds = buildsOf(root);

/** What is loaded by a name of its own: by src/main.js, and by threads. */
const entries = {
  process: 'src/process.ts',
  'first-secrets': 'src/identity/first-secrets.ts',
  'hash-worker': 'src/store/hash-worker.js',
  'xz-worker': 'src/service/unpacking/xz-worker.js',
  'checkpoint-worker': 'src/database/checkpoint-worker.js',
};

/** What a build depends on beside the modules in it; the dependencies are those that are installed. */
const alsoSources = [
  'package-lock.json',
  'node_modules/.package-lock.json',
  'tsconfig.json',
  'scripts/build-service.mjs',
];

/** Stays what it is: what is loaded only where it is configured, or by what no route uses of the framework. */
const external = [
  /^@aws-sdk\//,
  /^(amqplib|koffi|nodemailer|pg|pg-native|prom-client)$/,
  /^(ajv|ajv-formats|light-my-request|fast-json-stringify)$/,
  /^@fastify\/(ajv|fast-json-stringify)-compiler$/,
];

/** A character beyond ASCII makes two bytes of each one in its file. @param {string} code */
function asciiOnly(code) {
  return code.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Reads all modules of ours, and keeps what it read: a file may be saved again before the build is done.
 *
 * @param {Map<string, Buffer>} read by path below the root @returns {import('rolldown').Plugin}
 */
function sourcesInto(read) {
  return {
    name: 'sources',
    load(id) {
      const path = relative(root, id).split(sep).join('/');
      if (!path.startsWith('src/')) return null;
      const content = readFileSync(id);
      read.set(path, content);
      return content.toString();
    },
  };
}

/**
 * What a built file opens beside itself has to be there: a thread's code is one of `entries`.
 *
 * @param {import('rolldown').RolldownOutput['output']} files @throws Error when one is missing
 */
function checkNeighbours(files) {
  const names = files.map((file) => file.fileName);
  for (const file of files) {
    const code = file.type === 'chunk' ? file.code : '';
    for (const [, name = ''] of code.matchAll(/new URL\("\.\/([^"]+)", import\.meta\.url\)/g)) {
      if (!names.includes(name))
        throw new Error(`${file.fileName} needs ${name}, which is no entry.`);
    }
  }
}

/**
 * What it gives is read before it is used: of what is saved meanwhile there may be more in the build, never less.
 *
 * @param {string} folder @returns {Promise<ReadonlyMap<string, Buffer>>} what it is made of, by path below the root
 */
async function build(folder) {
  const { rolldown } = await import('rolldown');
  const others = alsoSources.map((path) => /** @type {const} */ ([path, sourcesIn(root)(path)]));
  /** @type {Map<string, Buffer>} */
  const sources = new Map();
  const bundle = await rolldown({
    input: Object.fromEntries(
      Object.entries(entries).map(([name, path]) => [name, join(root, path)]),
    ),
    external,
    platform: 'node',
    logLevel: 'warn',
    plugins: [sourcesInto(sources)],
  });
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    entryFileNames: '[name].js',
    // Not for the service, which never reads them: for `node --enable-source-maps`, and scripts/where.mjs.
    sourcemap: true,
    comments: { legal: false, annotation: false, jsdoc: false },
    plugins: [
      { name: 'ascii-only', renderChunk: (code) => ({ code: asciiOnly(code), map: null }) },
    ],
  });
  await bundle.close();
  checkNeighbours(output);
  return new Map([...[...sources].sort(([a], [b]) => (a < b ? -1 : 1)), ...others]);
}

/** Removes what nobody runs from, nor is about to make. @param {readonly string[]} kept */
function removeUnused(kept) {
  for (const name of readdirSync(builds).filter((one) => !kept.includes(one))) {
    const path = join(builds, name);
    const usedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - usedAt > unusedTime) rmSync(path, { recursive: true, force: true });
  }
}

/** The folder of the last build, whatever it is worth by now. @returns {string} */
function lastFolder() {
  const path = join(builds, 'current.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).folder : '';
}

/** Builds the service unless that is done already. @throws Error when it cannot be built, for the operator */
export async function buildService() {
  if (findBuild(root)) return;
  const began = performance.now();
  const folder = `${Date.now().toString(36)}-${process.pid}`;
  const partial = join(builds, `${folder}.partial`);
  mkdirSync(partial, { recursive: true });
  try {
    const contents = await build(partial);
    const sources = [...contents.keys()];
    const key = keyOf(sources, (source) => contents.get(source) ?? Buffer.alloc(0));
    const last = lastFolder();
    renameSync(partial, join(builds, folder));
    const written = join(builds, `${folder}.json`);
    writeFileSync(written, JSON.stringify({ folder, sources, key }));
    renameSync(written, join(builds, 'current.json'));
    // A service that is just starting may have found the last one.
    removeUnused([folder, last, 'current.json']);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.error(`Built the service (once, ${seconds} s).`);
}
