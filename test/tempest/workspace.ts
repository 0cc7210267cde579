import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cloudAuth } from '../support/clouds.ts';

/** How one of tempest's tests ended. */
export interface TempestResult {
  /** Its name without the attributes. */
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped, or how it failed. */
  readonly why: string;
}

/** A configuration of tempest for one cloud. */
export interface TempestWorkspace {
  /** Every test of the area, by name. */
  readonly tests: readonly string[];
  /** Runs `names`, in as many processes as there are processors. */
  run(names: readonly string[]): Promise<readonly TempestResult[]>;
}

// Debian's packages belong to Debian's Python, whichever other one comes first in PATH.
const packages = '/usr/lib/python3/dist-packages';
const stestr = '/usr/bin/stestr';

const runnerConfig = `[DEFAULT]
test_path=${packages}/tempest/test_discover
top_dir=${packages}
group_regex=([^\\.]*\\.)*
`;

/**
 * Prepares `folder` for tests by the admin of `cloudsFile`, who makes an account for each class of tests.
 *
 * @param area what the names of the tests begin with, as a regular expression
 * @param importsFrom a URL with data to import; without it nothing is imported
 */
export async function tempestWorkspace(
  folder: string,
  cloudsFile: string,
  { area, importsFrom }: { readonly area: string; readonly importsFrom?: string | undefined },
): Promise<TempestWorkspace> {
  await mkdir(join(folder, 'lock'), { recursive: true });
  await writeFile(join(folder, '.stestr.conf'), runnerConfig);
  await writeFile(
    join(folder, 'tempest.conf'),
    await tempestConfig(folder, cloudsFile, importsFrom),
  );
  await runStestr(folder, ['init']);
  const listed = await runStestr(folder, ['list', `^${area}`]);
  const tests = listed.split('\n').filter((line) => line.startsWith('tempest.'));
  return {
    tests: tests.map(nameOf),
    async run(names) {
      const list = join(folder, 'tests.txt');
      await writeFile(list, tests.filter((test) => names.includes(nameOf(test))).join('\n'));
      const output = await runStestr(folder, ['run', '--load-list', list]);
      return names.map((name) => resultOf(name, output));
    },
  };
}

async function tempestConfig(
  folder: string,
  cloudsFile: string,
  importsFrom: string | undefined,
): Promise<string> {
  const admin = await cloudAuth(cloudsFile, 'vitrine-admin');
  return `[DEFAULT]
log_file = ${folder}/tempest.log
[oslo_concurrency]
lock_path = ${folder}/lock
[auth]
use_dynamic_credentials = true
admin_username = ${admin.username}
admin_password = ${admin.password}
admin_project_name = ${admin.project_name}
admin_domain_name = Default
tempest_roles = member
[identity]
auth_version = v3
uri_v3 = ${admin.auth_url}
region = RegionOne
[image]
region = RegionOne
${importsFrom === undefined ? '' : `http_image = ${importsFrom}\n`}[image-feature-enabled]
import_image = ${importsFrom !== undefined}
os_glance_reserved = true
[service_available]
glance = true
cinder = false
neutron = false
nova = false
swift = false
`;
}

/** What stestr prints; it ends with 1 when a test fails, which the output tells better. */
async function runStestr(folder: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, PYTHON: '/usr/bin/python3', TEMPEST_CONFIG_DIR: folder };
  const options = { cwd: folder, env, maxBuffer: 64 * 1024 * 1024 };
  const { stdout, stderr } = await promisify(execFile)(stestr, args, options).catch(
    (error: { code: unknown; stdout: string; stderr: string }) => {
      if (error.code === 1) return error;
      throw error;
    },
  );
  return stdout + stderr;
}

/** A test's name without its attributes in brackets. */
function nameOf(test: string): string {
  return test.replace(/\[.*$/, '');
}

/** A class that cannot be set up says so once for all of its tests. */
function resultOf(name: string, output: string): TempestResult {
  const ofClass = name.slice(0, name.lastIndexOf('.'));
  for (const subject of [name, `setUpClass (${ofClass})`]) {
    const line = output
      .split('\n')
      .find(
        (one) => one.replace(/^\{\d+\} /, '').startsWith(`${subject} `) && one.includes(' ... '),
      );
    const said = line?.split(' ... ')[1];
    if (said === undefined) continue;
    if (said.startsWith('ok')) return { name, outcome: 'passed', why: '' };
    if (!said.startsWith('SKIPPED')) return { name, outcome: 'failed', why: said };
    return { name, outcome: 'skipped', why: said.replace(/^SKIPPED:\s*/, '') };
  }
  return { name, outcome: 'failed', why: `no result; the run said: ${output.slice(-500)}` };
}
