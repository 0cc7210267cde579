import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeCallers } from '../callers.ts';
import { passwordOf } from '../running-service.ts';
import { sender } from '../service.ts';
import { emptyFolder, type ServiceProcess, spawnService } from '../service-process.ts';

/** Which release a machine runs: this one, the one after it, or one that bears none before it. */
export type Release = 'this' | 'next' | 'contracted';

const preload = fileURLToPath(new URL('./next-release.ts', import.meta.url));

const environments = {
  this: {},
  next: { NODE_OPTIONS: `--import ${preload}` },
  contracted: { NODE_OPTIONS: `--import ${preload}`, VITRINE_TEST_CONTRACTED: 'yes' },
} as const satisfies Record<Release, object>;

/** A machine: what it runs may be stopped, and started again in the same folder. */
export interface Machine {
  readonly folder: string;
  /** Undefined while nothing runs on it. */
  url: string | undefined;
  service: ServiceProcess | undefined;
}

/** Machines on one database, and a load balancer before them. */
export interface Fleet extends AsyncDisposable {
  readonly machines: readonly Machine[];
  /** Starts a service on a machine; rejects when it does not get ready. */
  start(machine: Machine, release: Release): Promise<void>;
  /** Asks it to end, as an operator does, and waits for it. */
  stop(machine: Machine): Promise<void>;
  /** Sends requests to whatever machine is well, until it is stopped. */
  load(): Promise<Load>;
}

export interface Load {
  /** What went wrong: an answer of the 500s, one that nobody expects, or none. */
  readonly failures: readonly string[];
  /** Answers so far, by the URL of the machine. */
  readonly answers: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface FleetOptions {
  readonly databaseUrl: string;
  readonly size: number;
}

/** Seconds, and far more than the balancer needs to notice. */
const drainTime = 1;

export async function startFleet({ databaseUrl, size }: FleetOptions): Promise<Fleet> {
  await using parts = new AsyncDisposableStack();
  const images = parts.use(await emptyFolder());
  const machines: Machine[] = [];
  for (let n = 0; n < size; n += 1) {
    const folder = parts.use(await emptyFolder()).path;
    machines.push({ folder, url: undefined, service: undefined });
  }

  async function start(machine: Machine, release: Release): Promise<void> {
    const service = spawnService({
      VITRINE_DATABASE_URL: databaseUrl,
      VITRINE_FILESYSTEM_STORE_DATADIR: images.path,
      VITRINE_DATA_DIR: machine.folder,
      VITRINE_PORT: '0',
      VITRINE_LOG_LEVEL: 'error',
      VITRINE_AUDIT: 'none',
      VITRINE_DRAIN_TIME: String(drainTime),
      ...environments[release],
    });
    machine.service = service;
    machine.url = await service.ready;
  }

  async function stop(machine: Machine): Promise<void> {
    machine.service?.kill('SIGTERM');
    const exit = await machine.service?.exited;
    machine.url = undefined;
    assert.deepEqual(exit, { code: 0, signal: null });
    assert.equal(machine.service?.stderr().match(/"level":[56]0.*/)?.[0], undefined);
    machine.service = undefined;
  }

  parts.defer(async () => {
    for (const { service } of machines) service?.kill('SIGKILL');
    await Promise.all(machines.flatMap(({ service }) => service?.exited ?? []));
  });
  const rest = parts.move();
  return {
    machines,
    start,
    stop,
    load: () => startLoad(machines),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

const lanes = 4;

/** Sends requests by keep-alive connections to whatever machine is well; the first of them has the accounts. */
async function startLoad(machines: readonly Pick<Machine, 'url' | 'folder'>[]): Promise<Load> {
  const agent = new Agent({ keepAlive: true });
  const [first] = machines;
  const { tokens } = await makeCallers(
    sender(first?.url ?? '', agent),
    await passwordOf(first?.folder ?? '', 'admin'),
  );
  const balancer = startBalancer(machines);
  const failures: string[] = [];
  const answers = new Map<string, number>();
  let isStopped = false;

  async function call(expected: number, method: string, path: string, body?: object) {
    const url = balancer.next();
    const headers = { 'x-auth-token': tokens.producer };
    try {
      const answer = await sender(url, agent)(method, path, body, headers);
      answers.set(url, (answers.get(url) ?? 0) + 1);
      if (answer.status === expected) return answer;
      failures.push(`${method} ${path}: ${answer.status} ${answer.text}`);
    } catch (error) {
      failures.push(`${method} ${path} at ${url}: ${String(error)}`);
    }
    return undefined;
  }

  async function lane(): Promise<void> {
    for (let n = 0; !isStopped; n += 1) {
      const made = await call(201, 'POST', '/v2/images', { name: `image ${n}` });
      const path = `/v2/images/${made?.json.id}`;
      await call(200, 'POST', `${path}/members`, { member: 'partner' });
      await call(200, 'GET', path);
      await call(200, 'GET', '/v2/images?limit=5');
      await call(204, 'PUT', `${path}/tags/seen`);
      await call(204, 'DELETE', path);
    }
  }

  const running = Array.from({ length: lanes }, lane);
  return {
    failures,
    answers,
    async stop() {
      isStopped = true;
      await Promise.all(running);
      await balancer.stop();
      agent.destroy();
    },
  };
}

/** Gives machines in turn, as long as they say that they are well. */
function startBalancer(machines: readonly Pick<Machine, 'url'>[]) {
  let well = machines.flatMap(({ url }) => url ?? []);
  let turn = 0;
  let isStopped = false;

  async function isWell(url: string): Promise<boolean> {
    const answer = await fetch(`${url}/healthcheck`, { headers: { connection: 'close' } }).catch(
      () => undefined,
    );
    await answer?.text();
    return answer?.status === 200;
  }

  async function look(): Promise<void> {
    while (!isStopped) {
      const asked = machines.flatMap(({ url }) => url ?? []);
      const answers = await Promise.all(asked.map(isWell));
      const found = asked.filter((_, n) => answers[n]);
      if (found.length > 0) well = found;
      await after(50);
    }
  }

  const looking = look();
  return {
    next(): string {
      turn += 1;
      return well[turn % well.length] ?? '';
    },
    async stop() {
      isStopped = true;
      await looking;
    },
  };
}
