// Builds the service into build/service/, from which src/main.js runs it as long as no source has changed since: a few
// files take less memory than a thousand modules, and no compiler of TypeScript. On whatever Node the machine has.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildsOf, findBuild, keyOf } from '../src/built-service.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const builds = buildsOf(root);

/** What is loaded by a name of its own: by src/main.js, and by threads. */
const entries = {
  process: 'src/process.ts',
  'first-secrets': 'src/identity/first-secrets.ts',
  'hash-worker': 'src/store/hash-worker.js',
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
  /^(koffi|pg|pg-native)$/,
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
 * Gives out all modules of ours that a build looks at, as paths below the root.
 *
 * @param {Set<string>} found @returns {import('rolldown').Plugin}
 */
function sourcesInto(found) {
  return {
    name: 'sources',
    buildEnd() {
      for (const id of this.getModuleIds()) {
        const path = relative(root, id).split(sep).join('/');
        if (path.startsWith('src/')) found.add(path);
      }
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

/** @param {string} folder @returns {Promise<string[]>} what it is made of */
async function build(folder) {
  const { rolldown } = await import('rolldown');
  /** @type {Set<string>} */
  const sources = new Set();
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
  return [...sources].sort();
}

/** The build of the last time stays as well: a service that runs from it may still load of it. @param {string[]} kept */
function removeOthers(kept) {
  for (const name of readdirSync(builds)) {
    if (!kept.includes(name)) rmSync(join(builds, name), { recursive: true, force: true });
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
    const sources = [...(await build(partial)), ...alsoSources];
    const last = lastFolder();
    renameSync(partial, join(builds, folder));
    const written = join(builds, `${folder}.json`);
    writeFileSync(written, JSON.stringify({ folder, sources, key: keyOf(root, sources) }));
    renameSync(written, join(builds, 'current.json'));
    removeOthers([folder, last, 'current.json']);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.error(`Built the service (once, ${seconds} s).`);
}
