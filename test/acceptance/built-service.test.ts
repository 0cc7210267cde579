import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildsOf, findBuild, keyOf } from '../../src/built-service.js';
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
  const key = keyOf(folder, sources);
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

test('takes a build for none whose list cannot be read, or of which a source is gone', async () => {
  await using folder = await emptyFolder();
  const { build, current, source } = await builtPackage(folder.path);
  const list = await readFile(current, 'utf8');

  const found = findBuild(folder.path)?.path;
  await writeFile(current, list.slice(0, -5));
  const cut = findBuild(folder.path);
  await writeFile(current, list);
  await rm(source);
  const lacking = findBuild(folder.path);

  assert.equal(found, build);
  assert.equal(cut, undefined);
  assert.equal(lacking, undefined);
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
