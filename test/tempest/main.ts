import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { dataHost } from '../support/imports.ts';
import { startServer } from '../support/running-server.ts';
import { type Environment, emptyFolder } from '../support/service-process.ts';
import {
  type Area,
  identity,
  images,
  imagesWithoutImports,
  reasonToLeaveOut,
  severalStores,
} from './areas.ts';
import { type TempestResult, tempestWorkspace } from './workspace.ts';

const run = promisify(execFile);
const reference = fileURLToPath(new URL('../interop/reference-glance.sh', import.meta.url));
const { values: options } = parseArgs({
  options: {
    reference: { type: 'boolean' },
    /** The `clouds.yaml` of a running Vitrine, instead of one that is started. */
    clouds: { type: 'string' },
  },
});

/** Every test's result, those that are left out among the skipped. */
async function runTempest(
  cloudsFile: string,
  area: Area,
  importsFrom?: string,
): Promise<readonly TempestResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tempest-'));
  try {
    const tempest = await tempestWorkspace(folder, cloudsFile, { area: area.tests, importsFrom });
    const leftOut = tempest.tests.flatMap((name): TempestResult[] => {
      const why = reasonToLeaveOut(area, name);
      return why === undefined ? [] : [{ name, outcome: 'skipped', why }];
    });
    const wanted = tempest.tests.filter((name) => reasonToLeaveOut(area, name) === undefined);
    const ran = await tempest.run(wanted);
    return [...leftOut, ...ran];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The areas of a Vitrine with its own identity service, each in accounts that tempest makes by its admin. */
async function runOnVitrine(): Promise<readonly TempestResult[]> {
  await using host = await dataHost((_request, response) => response.end('x'.repeat(1024 * 1024)));
  const web = { VITRINE_WEB_ALLOWED_HOSTS: '127.0.0.1', VITRINE_WEB_ALLOWED_PORTS: '[]' };
  await runOnStores(web, host.url);
  await using server = await startServer(web);
  const cloudsFile = join(server.dataDirectory, 'clouds.yaml');
  report(identity, await runTempest(cloudsFile, identity));
  return report(images, await runTempest(cloudsFile, images, host.url));
}

/** What needs several stores; the other tests of imports wait for a copy in every store that there is. */
async function runOnStores(web: Environment, importsFrom: string): Promise<void> {
  await using folder = await emptyFolder();
  const stores = ['fast', 'archive'].map((id) => ({
    id,
    type: 'file',
    filesystem_store_datadir: join(folder.path, id),
  }));
  await using server = await startServer({ ...web, VITRINE_STORES: JSON.stringify(stores) });
  const cloudsFile = join(server.dataDirectory, 'clouds.yaml');
  report(severalStores, await runTempest(cloudsFile, severalStores, importsFrom));
}

async function runOnGlance(): Promise<readonly TempestResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'reference-glance-'));
  try {
    const env = { ...process.env, REFERENCE_STORES: 'one', REFERENCE_TOKEN_CACHE_TIME: '300' };
    await run('bash', [reference, 'start', folder], { env });
    return await runTempest(join(folder, 'clouds.yaml'), images);
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

/** Prints what became of an area's tests; the run fails when one failed or fewer passed than have to. */
function report(area: Area, results: readonly TempestResult[]): readonly TempestResult[] {
  for (const { name, outcome, why } of results.toSorted(byName)) {
    console.log(`${outcome} ${name}${why && `: ${why}`}`);
  }
  const missing = area.fewest - count(results, 'passed');
  if (missing > 0)
    console.log(`\n${missing} tests fewer pass than the ${area.fewest} that have to.`);
  if (missing > 0 || count(results, 'failed') > 0) process.exitCode = 1;
  console.log(`\n${area.name}: ${summary(results)}\n`);
  return results;
}

const ours = options.clouds
  ? report(imagesWithoutImports, await runTempest(options.clouds, images))
  : await runOnVitrine();
if (options.reference) {
  const theirs = await runOnGlance();
  const lost = worse(ours, theirs);
  console.log(`\nGlance: ${summary(theirs)}`);
  for (const name of lost) console.log(`Glance passes and Vitrine does not: ${name}`);
  if (lost.length > 0) process.exitCode = 1;
}
