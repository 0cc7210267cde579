import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildsOf, findBuild, keepBuild, keyOf, sourcesIn } from '../../src/built-service.js';
import { callService } from '../support/image-calls.ts';
import { runService } from '../support/running-service.ts';
import { emptyFolder } from '../support/service-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The service's modules that say where they come from, and nothing else. */
function modulesOf(folder: string, ending: string, says: string): Readonly<Record<string, string>> {
  return {
    [join(folder, `process${ending}`)]:
      `export async function runService() { console.log('${says}'); }`,
    [join(folder, ending === '.ts' ? 'identity/first-secrets.ts' : 'first-secrets.js')]:
      'export function firstSecrets() {}',
  };
}

/** A package with the real start, and modules behind it that tell which of them it runs. */
async function builtPackage(folder: string) {
  const build = join(buildsOf(folder), 'one');
  const files = {
    'package.json': '{ "type": "module" }',
    ...modulesOf('src', '.ts', 'runs the sources'),
    ...modulesOf('build/service/one', '.js', 'runs the build'),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const name of ['src/main.js', 'src/built-service.js']) {
    await copyFile(join(root, name), join(folder, name));
  }
  const sources = ['src/process.ts', 'src/identity/first-secrets.ts'];
  const key = keyOf(sources, sourcesIn(folder));
  const current = join(buildsOf(folder), 'current.json');
  await writeFile(current, JSON.stringify({ folder: 'one', sources, key }));
  return { build, current, source: join(folder, 'src/process.ts') };
}

function run(folder: string): string {
  const env = { PATH: process.env['PATH'] ?? '' };
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'src/main.js')], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  assert.equal(stderr.replace(/.*ExperimentalWarning.*\n.*\n/, ''), '');
  return stdout.trim();
}

test('runs what was built, and never what a source does not say any more', async () => {
  await using folder = await emptyFolder();
  const { source } = await builtPackage(folder.path);
  const before = await readFile(source, 'utf8');
  const time = new Date('2026-01-01');
  await utimes(source, time, time);

  const built = run(folder.path);
  // As long as it was, and as old.
  await writeFile(source, before.replace('sources', 'changes'));
  await utimes(source, time, time);
  const changed = run(folder.path);
  await writeFile(source, before);
  const unchanged = run(folder.path);

  assert.deepEqual(
    [built, changed, unchanged],
    ['runs the build', 'runs the changes', 'runs the build'],
  );
});

test('takes a build for none whose list cannot be read, or that is gone, or a source of it', async () => {
  await using folder = await emptyFolder();
  const { build, current, source } = await builtPackage(folder.path);
  const list = await readFile(current, 'utf8');

  const found = findBuild(folder.path)?.path;
  await writeFile(current, list.slice(0, -5));
  const cut = findBuild(folder.path);
  await writeFile(current, list);
  await rm(source);
  const lacking = findBuild(folder.path);
  await writeFile(source, modulesOf('src', '.ts', 'runs the sources')['src/process.ts'] ?? '');
  const again = findBuild(folder.path)?.path;
  await rm(build, { recursive: true });
  const gone = run(folder.path);

  assert.deepEqual([found, again], [build, build]);
  assert.equal(cut, undefined);
  assert.equal(lacking, undefined);
  assert.equal(gone, 'runs the sources');
});

const day = 86_400_000;

async function age(path: string, by: number): Promise<void> {
  const at = new Date(Date.now() - by);
  await utimes(path, at, at);
}

async function isNew(path: string): Promise<boolean> {
  return Date.now() - (await stat(path)).mtimeMs < day / 2;
}

test('says that it runs from a build when it starts, and again and again', async (t) => {
  await using folder = await emptyFolder();
  const { build } = await builtPackage(folder.path);
  // What it compiles changes the folder too, once.
  run(folder.path);
  await age(build, 9 * day);
  run(folder.path);
  const atStart = await isNew(build);

  t.mock.timers.enable({ apis: ['setInterval'] });
  keepBuild(build);
  await age(build, 9 * day);
  const before = await isNew(build);
  t.mock.timers.tick(3_600_000);

  assert.deepEqual([atStart, before, await isNew(build)], [true, false, true]);
});

/** A package of a few modules that can be built, and what builds it. */
async function smallPackage(folder: string): Promise<() => Promise<void>> {
  const files = {
    'package-lock.json': '{}',
    'tsconfig.json': '{}',
    'src/process.ts': 'export const version: number = 0;',
    'src/identity/first-secrets.ts': 'export function firstSecrets() {}',
    'src/store/hash-worker.js': 'export {};',
    'src/database/checkpoint-worker.js': 'export {};',
    'src/service/unpacking/xz-worker.js': 'export {};',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  await mkdir(join(folder, 'scripts'));
  for (const name of ['scripts/build-service.mjs', 'src/built-service.js']) {
    await copyFile(join(root, name), join(folder, name));
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const script = pathToFileURL(join(folder, 'scripts/build-service.mjs')).href;
  const { buildService } = await import(script);
  return buildService;
}

test('a source that is saved while it is built is never taken for what was built', async () => {
  await using folder = await emptyFolder();
  const build = await smallPackage(folder.path);
  const source = join(folder.path, 'src/process.ts');
  let version = 0;
  const saving = setInterval(() => {
    version += 1;
    writeFileSync(`${source}.new`, `export const version: number = ${version};`);
    renameSync(`${source}.new`, source);
  }, 1);
  try {
    await build();
  } finally {
    clearInterval(saving);
  }

  await build();

  const { path = '' } = findBuild(folder.path) ?? {};
  assert(version > 0);
  assert.match(readFileSync(join(path, 'process.js'), 'utf8'), new RegExp(`version = ${version};`));
});

test('a build removes what nobody runs from, and neither what others run from nor what they build', async () => {
  await using folder = await emptyFolder();
  const build = await smallPackage(folder.path);
  await build();
  const builds = buildsOf(folder.path);
  const { folder: last = '' } = findBuild(folder.path) ?? {};
  for (const name of ['in-use', 'of-another.partial', 'unused', 'broken.partial']) {
    await mkdir(join(builds, name));
  }
  for (const name of [last, 'unused', 'broken.partial']) await age(join(builds, name), 9 * day);
  await writeFile(join(folder.path, 'src/process.ts'), 'export const version: number = 1;');

  await build();

  const { folder: newest = '' } = findBuild(folder.path) ?? {};
  assert.deepEqual(
    (await readdir(builds)).toSorted(),
    ['current.json', 'in-use', 'of-another.partial', last, newest].toSorted(),
  );
});

test('tells where in the sources a line of the build is', async () => {
  const made = spawnSync('node', ['scripts/ensure-installed.mjs'], { cwd: root, encoding: 'utf8' });
  const { path = '' } = findBuild(root) ?? {};
  const file = join(path, 'process.js');
  const placeOf = (lines: readonly string[], text: string) => {
    const line = lines.findIndex((one) => one.includes(text));
    return `${line + 1}:${(lines[line]?.indexOf(text) ?? -1) + 1}`;
  };
  const text = 'process.umask(';
  const built = (await readFile(file, 'utf8')).split('\n');
  const source = (await readFile(join(root, 'src/process.ts'), 'utf8')).split('\n');

  const { stdout } = spawnSync(process.execPath, ['scripts/where.mjs'], {
    cwd: root,
    input: `    at serve (file://${file}:${placeOf(built, text)})\n    at node:fs:1:2\n`,
    encoding: 'utf8',
  });

  assert.equal(made.status, 0);
  assert.equal(
    stdout,
    `    at serve (src/process.ts:${placeOf(source, text)})\n    at node:fs:1:2\n`,
  );
});

test('refuses what is found to be wrong by a call without use, which a bundler may leave out', async () => {
  await using service = await runService();

  const { status } = await callService(service, { path: '/v2/images?name=%FF' });

  assert.equal(status, 400);
});
