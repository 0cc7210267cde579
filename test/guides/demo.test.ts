import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../support/running-server.ts';

const script = fileURLToPath(new URL('../../src/cli/demo.ts', import.meta.url));

interface Played {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
  /** `POST /v2/images 201`, ids written as `{id}` and `{project}`. */
  readonly calls: readonly string[];
}

async function playDemo(cloudsFile: string, ...args: string[]): Promise<Played> {
  const demo = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env['PATH'], OS_CLIENT_CONFIG_FILE: cloudsFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(demo, 'exit');
  const [output, errors] = await Promise.all([text(demo.stdout), text(demo.stderr)]);
  const [code] = (await exited) as [number | null];
  return { code, output, errors, calls: callsIn(output) };
}

function callsIn(output: string): string[] {
  return [...output.matchAll(/^ {3}([A-Z]+ \/\S+) -> (\d+)/gm)].map(([, call = '', status]) => {
    const named = call
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, '{id}')
      .replace(/[0-9a-f]{32}/, '{project}');
    return `${named} ${status}`;
  });
}

test('the demo plays a share from the offer to its withdrawal and deletes what it made', async () => {
  await using server = await startServer();

  const played = await playDemo(join(server.dataDirectory, 'clouds.yaml'));

  assert.equal(played.code, 0, played.errors);
  assert.deepEqual(played.calls, [
    'POST /identity/v3/auth/tokens 201',
    'POST /identity/v3/auth/tokens 201',
    'POST /v2/images 201',
    'PUT /v2/images/{id}/file 204',
    'GET /v2/images/{id} 200',
    'GET /v2/images/{id} 404',
    'POST /v2/images/{id}/members 200',
    'GET /v2/images 200',
    'GET /v2/images?visibility=shared&member_status=pending 200',
    'GET /v2/images/{id} 200',
    'PUT /v2/images/{id}/members/{project} 200',
    'GET /v2/images 200',
    'GET /v2/images/{id}/members 200',
    'GET /v2/images/{id}/file 200',
    'DELETE /v2/images/{id}/members/{project} 204',
    'GET /v2/images/{id} 404',
    'DELETE /v2/images/{id} 204',
  ]);
  assert.match(played.output, /bit for bit/);
  assert.match(played.output, /\$ openstack --os-cloud vitrine-consumer image set --accept /);
});

test('a file that is given is shared in the format that its name tells', async () => {
  await using server = await startServer();
  await using folder = await temporaryFolder();
  const disk = join(folder.path, 'rescue.iso');
  await writeFile(disk, someIso());

  const played = await playDemo(join(server.dataDirectory, 'clouds.yaml'), disk);

  assert.equal(played.code, 0, played.errors);
  assert.match(played.output, /image create --disk-format iso .* rescue\.iso/);
  assert.deepEqual(await readdir(folder.path), ['rescue.iso']);
});

test('without a service the demo says how to start it', async () => {
  await using folder = await temporaryFolder();

  const played = await playDemo(join(folder.path, 'clouds.yaml'));

  assert.equal(played.code, 1);
  assert.match(played.errors, /npm start/);
  assert.deepEqual(played.calls, []);
});

test('a service that has ended is told from one that refuses', async () => {
  await using folder = await temporaryFolder();
  const clouds = join(folder.path, 'clouds.yaml');
  // Port 9 is the discard service: nothing speaks HTTP there.
  const auth = 'auth: { auth_url: http://127.0.0.1:9/identity/v3, username: u, password: p }';
  await writeFile(
    clouds,
    `clouds: { vitrine-producer: { ${auth} }, vitrine-consumer: { ${auth} } }`,
  );

  const played = await playDemo(clouds);

  assert.equal(played.code, 1);
  assert.match(played.errors, /Nothing answers at http:\/\/127\.0\.0\.1:9/);
});

/** The least that is told as an ISO 9660 file system: a volume descriptor and the end of the set. */
function someIso(): Uint8Array {
  const iso = Buffer.alloc(64 * 2048);
  iso.write('\u0001CD001\u0001', 16 * 2048, 'latin1');
  iso.write('\u00ffCD001\u0001', 17 * 2048, 'latin1');
  return iso;
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'vitrine-demo-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
