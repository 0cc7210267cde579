import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { metricsIn } from '../../support/metrics.ts';
import { type PostgresDatabase, postgresDatabase } from '../../support/postgres/databases.ts';
import { type RunningService, runService } from '../../support/running-service.ts';
import { spawnService } from '../../support/service-process.ts';

let store: PostgresDatabase;
let service: RunningService;
const parts = new AsyncDisposableStack();

before(async () => {
  store = parts.use(await postgresDatabase());
  const environment = {
    VITRINE_DATABASE_URL: store.url,
    VITRINE_WORKERS: '2',
    VITRINE_LOG_LEVEL: 'warn',
  };
  service = parts.use(await runService({ environment, logsErrors: true }));
});

after(() => parts.disposeAsync());

/** The processes that serve, by their ids. */
async function workers(): Promise<readonly number[]> {
  const { pid } = service;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').filter(Boolean).map(Number);
}

/** A call on a connection of its own, which goes to the next worker. */
async function call(method: string, path: string, body?: unknown): Promise<Response> {
  return await fetch(service.url + path, {
    method,
    headers: {
      'x-auth-token': await service.token('producer'),
      'content-type': 'application/json',
      connection: 'close',
    },
    signal: AbortSignal.timeout(5000),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function createImage(name: string): Promise<string> {
  const response = await call('POST', '/v2/images', { name });
  assert.equal(response.status, 201);
  return ((await response.json()) as { id: string }).id;
}

test('two processes serve on one port as one service, with one ready line', async () => {
  assert.equal((await workers()).length, 2);
  assert.equal(service.stdout(), `vitrine ready on ${service.url}\n`);

  for (let n = 0; n < 6; n += 1) {
    const id = await createImage(`image-${n}`);
    // One connection each: the answers come from either process.
    const seen = await Promise.all(
      [1, 2, 3, 4].map(async () => (await call('GET', `/v2/images/${id}`)).status),
    );
    assert.deepEqual(seen, [200, 200, 200, 200]);
  }
});

test('whichever process is asked for metrics tells those of both', async () => {
  const read = async () => {
    const response = await fetch(`${service.url}/metrics`, { headers: { connection: 'close' } });
    return await response.text();
  };
  for (let n = 0; n < 4; n += 1) await call('GET', '/v2/images');

  const [one, other] = await Promise.all([read(), read()]);

  for (const text of [one, other]) {
    const metrics = metricsIn(text);
    const calls = { route: 'images', method: 'GET', status: '200' };
    assert(metrics.get('vitrine_http_requests_total', calls) >= 4);
    for (const worker of ['1', '2']) {
      assert.match(
        text,
        new RegExp(`^process_resident_memory_bytes\\{worker="${worker}"\\} \\d`, 'm'),
      );
    }
    assert.equal(metrics.get('vitrine_database_up'), 1, 'told once');
    assert(metrics.types.has('vitrine_database_connections'));
  }
});

test('a process that ends is started again, and the service goes on meanwhile', async () => {
  const id = await createImage('kept');
  const [first, second] = await workers();
  process.kill(first ?? -1, 'SIGKILL');
  const deadline = Date.now() + 20_000;

  const now = async () => (await workers()).filter((pid) => pid !== first);
  while ((await now()).length < 2 && Date.now() < deadline) {
    const { status } = await call('GET', `/v2/images/${id}`).catch(() => ({ status: 'cut' }));
    // A connection that the ended process had is cut; new ones are served.
    assert.ok(status === 200 || status === 'cut', String(status));
    await wait(50);
  }

  const after = await now();
  assert.equal(after.length, 2);
  assert.ok(after.includes(second ?? -1));
  assert.match(service.stderr(), /Worker \d ended \(SIGKILL\) and is started again/);
  assert.equal((await call('GET', `/v2/images/${id}`)).status, 200);
});

test('asked to end, all end in order', async () => {
  const pids = await workers();

  const exit = await service.stop();

  assert.deepEqual(exit, { code: 0, signal: null });
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), /ESRCH/);
});

test('several processes on a database in the data folder are refused', async () => {
  const refused = spawnService({ VITRINE_WORKERS: '2', VITRINE_DATA_DIR: service.folder });

  assert.equal((await refused.exited).code, 1);
  assert.match(refused.stderr(), /workers: 2 processes want database_url/);
});
