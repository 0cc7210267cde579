import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { startServer } from '../support/running-server.ts';
import { type TempestResult, tempestWorkspace } from './workspace.ts';

/** Tests of what Vitrine does not have yet; whoever adds it takes the line away. */
const later: readonly { readonly tests: RegExp; readonly why: string }[] = [
  {
    tests: /\.admin\.test_images_metadefs_/,
    why: 'metadata definitions are a catalogue beside the images, which Vitrine does not keep yet',
  },
];

const run = promisify(execFile);
const reference = fileURLToPath(new URL('../interop/reference-glance.sh', import.meta.url));
const { values: options } = parseArgs({
  options: {
    reference: { type: 'boolean' },
    /** The `clouds.yaml` of a running Vitrine, instead of one that is started. */
    clouds: { type: 'string' },
  },
});

function reasonToLeaveOut(name: string): string | undefined {
  return later.find(({ tests }) => tests.test(name))?.why;
}

/** Every test's result, those that are left out among the skipped. */
async function runTempest(cloudsFile: string): Promise<readonly TempestResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tempest-'));
  try {
    const tempest = await tempestWorkspace(folder, cloudsFile);
    const leftOut = tempest.tests.flatMap((name): TempestResult[] => {
      const why = reasonToLeaveOut(name);
      return why === undefined ? [] : [{ name, outcome: 'skipped', why }];
    });
    const wanted = tempest.tests.filter((name) => reasonToLeaveOut(name) === undefined);
    const ran = await tempest.run(wanted);
    return [...leftOut, ...ran];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runOnVitrine(): Promise<readonly TempestResult[]> {
  await using server = await startServer();
  return await runTempest(join(server.dataDirectory, 'clouds.yaml'));
}

async function runOnGlance(): Promise<readonly TempestResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'reference-glance-'));
  try {
    const env = { ...process.env, REFERENCE_STORES: 'one', REFERENCE_TOKEN_CACHE_TIME: '300' };
    await run('bash', [reference, 'start', folder], { env });
    return await runTempest(join(folder, 'clouds.yaml'));
  } finally {
    await run('bash', [reference, 'stop', folder]);
  }
}

/** What passes with Glance and not here. */
function worse(ours: readonly TempestResult[], theirs: readonly TempestResult[]): string[] {
  return theirs
    .filter(({ outcome }) => outcome === 'passed')
    .filter(({ name }) => ours.find((one) => one.name === name)?.outcome !== 'passed')
    .map(({ name }) => name);
}

function count(results: readonly TempestResult[], outcome: TempestResult['outcome']): number {
  return results.filter((one) => one.outcome === outcome).length;
}

function summary(results: readonly TempestResult[]): string {
  const [passed, failed, skipped] = (['passed', 'failed', 'skipped'] as const).map((outcome) =>
    count(results, outcome),
  );
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

function byName(a: TempestResult, b: TempestResult): number {
  return a.name < b.name ? -1 : 1;
}

const ours = options.clouds ? await runTempest(options.clouds) : await runOnVitrine();
for (const { name, outcome, why } of ours.toSorted(byName)) {
  console.log(`${outcome} ${name}${why && `: ${why}`}`);
}
if (options.reference) {
  const theirs = await runOnGlance();
  const lost = worse(ours, theirs);
  console.log(`\nGlance: ${summary(theirs)}`);
  for (const name of lost) console.log(`Glance passes and Vitrine does not: ${name}`);
  if (lost.length > 0) process.exitCode = 1;
}
if (count(ours, 'failed') > 0 || count(ours, 'passed') === 0) process.exitCode = 1;
console.log(`\n${summary(ours)}`);
