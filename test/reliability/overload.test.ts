import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { callService, createImage } from '../support/image-calls.ts';
import { metricsIn } from '../support/metrics.ts';
import { type RunningService, runService } from '../support/running-service.ts';

/** Clients at a time, each of which asks again as soon as it was answered. */
const clients = 1500;

/** How long they do, ms. */
const floodTime = 5000;

const images = 300;

/** What came of a flood. */
interface Flood {
  readonly statuses: Readonly<Record<string, number>>;
  /** Refusals that said when to come again. */
  readonly told: number;
  /** The longest that `/healthcheck` took meanwhile, ms, and what it said. */
  readonly longest: number;
  readonly health: ReadonlySet<number>;
}

/** Has the clients list all images, over and over. */
async function flood(service: RunningService): Promise<Flood> {
  const token = await service.token('producer');
  const path = `/v2/images?limit=${images}`;
  const program = fileURLToPath(new URL('./flood.ts', import.meta.url));
  const given = { port: String(service.port), path, token, connections: String(clients) };
  const options = Object.entries(given).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, [program, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = Array.fromAsync(child.stdout.setEncoding('utf8'));
  let longest = 0;
  const health = new Set<number>();
  for (const end = Date.now() + floodTime; Date.now() < end; await later(20)) {
    const began = performance.now();
    const { status } = await fetch(`${service.url}/healthcheck`);
    longest = Math.max(longest, performance.now() - began);
    health.add(status);
  }
  child.kill('SIGTERM');
  await once(child, 'exit');
  return { ...JSON.parse((await said).join('')), longest, health };
}

async function metricsOf({ url }: RunningService) {
  return metricsIn(await (await fetch(`${url}/metrics`)).text());
}

/** The most memory that the service has had, MiB. */
async function peakOf({ pid }: RunningService): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
}

async function serviceWith(environment: Readonly<Record<string, string>>) {
  await using parts = new AsyncDisposableStack();
  const service = parts.use(
    await runService({ environment: { VITRINE_LOG_LEVEL: 'warn', ...environment } }),
  );
  for (let n = 0; n < images; n += 1) await makeImage(service, n);
  parts.move();
  return service;
}

/** Makes an image, and comes back when told so: on a machine with much to do even a few calls are too many. */
async function makeImage(service: RunningService, number: number): Promise<void> {
  const body = JSON.stringify({ name: `image ${number}`, kind: 'many' });
  for (;;) {
    const { status } = await callService(service, { method: 'POST', path: '/v2/images', body });
    if (status === 201) return;
    assert.equal(status, 503);
    await later(50);
  }
}

test('far more requests than can be answered are told to come back, while memory and the way to /healthcheck stay as they are', async (t) => {
  await using service = await serviceWith({ VITRINE_MAX_REQUESTS: '100' });
  const before = await peakOf(service);

  const { statuses, told, longest, health } = await flood(service);
  const [after, metrics] = await Promise.all([peakOf(service), metricsOf(service)]);
  const id = await createImage(service);

  t.diagnostic(JSON.stringify({ statuses, longest, before, after }));
  assert((statuses['200'] ?? 0) > 100, 'those that are taken are answered');
  assert((statuses['503'] ?? 0) > 1000);
  assert.equal(told, statuses['503'], 'each is told when to come again');
  assert.deepEqual(Object.keys(statuses).toSorted(), ['200', '503']);
  assert.deepEqual([...health], [200]);
  assert(longest < 2000, `/healthcheck took ${longest} ms`);
  assert(after < before + 150, `memory grew from ${before} to ${after} MiB`);
  assert(metrics.get('vitrine_shed_total', { limit: 'max_requests' }) >= told);
  assert.match(id, /^[\da-f-]{36}$/, 'and then all is as before');
});

test('a process that does not get round to its work takes no more, whatever may be under way', async (t) => {
  const limits = { VITRINE_MAX_REQUESTS: '0', VITRINE_MAX_LOOP_DELAY: '10' };
  await using service = await serviceWith(limits);
  const before = await peakOf(service);

  const { statuses, told, longest, health } = await flood(service);
  const [after, metrics] = await Promise.all([peakOf(service), metricsOf(service)]);
  const shed = () => metrics.get('vitrine_shed_total', { limit: 'max_loop_delay' });

  t.diagnostic(JSON.stringify({ statuses, longest, before, after }));
  assert((statuses['503'] ?? 0) > 100);
  assert.equal(told, statuses['503']);
  assert(shed() >= told);
  assert.deepEqual([...health], [200]);
  assert(longest < 2000, `/healthcheck took ${longest} ms`);
  assert(after < before + 150, `memory grew from ${before} to ${after} MiB`);
});
