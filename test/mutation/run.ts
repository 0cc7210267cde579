// Changes one small thing after another in the rules that decide who sees what, and in what makes data durable, and looks whether
// the tests notice: see docs/reliability.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Mutant, mutantsOf } from './mutants.ts';

/** What is changed, and the tests that are to notice. */
const subjects: Readonly<Record<string, readonly string[]>> = {
  'src/domain/visibility.ts': ['src/domain/visibility.test.ts', 'test/contract/listing.test.ts'],
  'src/domain/policy.ts': ['src/domain/policy.test.ts', 'src/domain/policy-overrides.test.ts'],
  'src/domain/member.ts': ['src/domain/member.test.ts'],
  'src/store/file-put.ts': ['test/contract/filesystem-store.test.ts'],
  'src/store/sync-gate.ts': ['src/store/sync-gate.test.ts'],
  'src/database/group-commit.ts': [
    'src/database/group-commit.test.ts',
    'src/database/durability.test.ts',
  ],
};

/** A mutant that runs for longer (ms) waits for something that never comes, and so was noticed. */
const patience = 15_000;

/** The part of mutants that tests must notice. */
const wanted = 0.85;

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });

/** A copy of the tree to change things in. */
async function copyOfTree(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-mutants-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json', 'docs']) {
    await cp(name, join(folder, name), { recursive: true });
  }
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  return folder;
}

async function passes(folder: string, tests: readonly string[]): Promise<boolean> {
  const args = ['--test', '--test-reporter=dot', ...tests];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore', detached: true });
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), patience);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(timer);
  return code === 0;
}

interface Tally {
  noticed: number;
  readonly survivors: Mutant[];
}

async function tryAll(
  path: string,
  tests: readonly string[],
  trees: readonly string[],
): Promise<Tally> {
  const source = await readFile(path, 'utf8');
  const [first = ''] = trees;
  if (!(await passes(first, tests))) throw new Error(`${tests.join()} fail as it is.`);
  const waiting = mutantsOf(path, source);
  const tally: Tally = { noticed: 0, survivors: [] };
  const work = trees.map(async (tree) => {
    for (const mutant of waiting) {
      await writeFile(join(tree, path), mutant.source);
      if (await passes(tree, tests)) tally.survivors.push(mutant);
      else tally.noticed += 1;
    }
    await writeFile(join(tree, path), source);
  });
  await Promise.all(work);
  return tally;
}

const trees = await Promise.all(Array.from({ length: availableParallelism() }, copyOfTree));
let [noticed, all] = [0, 0];
try {
  for (const [path, tests] of Object.entries(subjects)) {
    if (values.only && !values.only.includes(path)) continue;
    const tally = await tryAll(path, tests, trees);
    const count = tally.noticed + tally.survivors.length;
    console.log(`${path}: ${tally.noticed} of ${count} noticed`);
    for (const { line, from, to } of tally.survivors) {
      console.log(
        `  ${path}:${line} ${JSON.stringify(from.slice(0, 60))} as ${JSON.stringify(to)}`,
      );
    }
    noticed += tally.noticed;
    all += count;
  }
} finally {
  for (const tree of trees) await rm(tree, { recursive: true, force: true });
}
console.log(`${noticed} of ${all}, ${((noticed / all) * 100).toFixed(1)} %`);
if (noticed < wanted * all) process.exitCode = 1;
