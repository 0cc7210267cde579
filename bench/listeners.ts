import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type RunningService, runService } from '../test/support/running-service.ts';

/** What is promised: MiB of the service with all listeners, and ms from the call until 99 of 100 have heard. */
const limits = { memory: 400, told: 200 } as const;

/*
 * How many programs can listen to one process, what they cost, and how soon an offer reaches them all while images
 * are shared by several others at the same time: `npm run bench:listeners -- --listeners 10000`.
 */

const { values } = parseArgs({
  options: {
    listeners: { type: 'string', default: '10000' },
    offers: { type: 'string', default: '500' },
    sharers: { type: 'string', default: '4' },
    /** That they listen for, in equal parts. */
    projects: { type: 'string', default: '100' },
    /** Set for the process that listens alone. */
    listen: { type: 'string' },
    tokens: { type: 'string' },
  },
});

/** When an offer was made, by image, ms since the epoch. */
type Times = Map<string, number>;

if (values.listen !== undefined) await listenAll(values.listen, JSON.parse(values.tokens ?? '[]'));
else await measure();

/** Opens every stream and prints, for each offer that all have heard of, when the first and the last one did. */
async function listenAll(url: string, tokens: readonly string[]): Promise<void> {
  const count = Number(values.listeners);
  const { hostname, port } = new URL(url);
  const headOf = (index: number) =>
    `GET /vitrine/v1/events HTTP/1.1\r\nhost: ${hostname}\r\nx-auth-token: ${tokens[index % tokens.length]}\r\n\r\n`;
  const each = count / tokens.length;
  const heard = new Map<string, { first: number; count: number; times: number[] }>();
  const open = (index: number) =>
    new Promise<Socket>((resolve, reject) => {
      // One address has no more ports than 64 Ki.
      const socket = connect({
        host: hostname,
        port: Number(port),
        localAddress: `127.0.0.${1 + (index % 8)}`,
      });
      socket.once('error', reject);
      socket.once('connect', () => socket.write(headOf(index)));
      socket.once('data', () => resolve(socket));
      socket.setEncoding('latin1').on('data', (text: string) => {
        for (const [, id = ''] of text.matchAll(
          /"type":"vitrine\.share\.offered".*?"subject":"([^"]+)"/g,
        )) {
          const now = Date.now();
          const one = heard.get(id) ?? { first: now, count: 0, times: [] };
          heard.set(id, one);
          one.count += 1;
          one.times.push(now);
          if (one.count === each) {
            process.send?.({ id, times: one.times });
            heard.delete(id);
          }
        }
      });
    });
  for (let begun = 0; begun < count; begun += 100) {
    const some = Array.from({ length: Math.min(100, count - begun) }, (_, index) =>
      open(begun + index),
    );
    await Promise.all(some);
  }
  process.send?.('open');
}

async function measure(): Promise<void> {
  await using service = await runService({
    environment: { VITRINE_MAX_CONNECTIONS: '0', VITRINE_LOG_LEVEL: 'error' },
  });
  const projects = await makeProjects(service);
  const before = await memoryOf(service.pid);
  const listening = spawn(
    process.execPath,
    [
      fileURLToPath(import.meta.url),
      ...['--listen', service.url, '--tokens', JSON.stringify(projects.map(({ token }) => token))],
      ...['--listeners', values.listeners],
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const told: number[] = [];
  const made: Times = new Map();
  const opened = Promise.withResolvers<void>();
  const all = Promise.withResolvers<void>();
  let offers = 0;
  listening.on('message', (message: 'open' | { id: string; times: number[] }) => {
    if (message === 'open') return opened.resolve();
    const at = made.get(message.id) ?? 0;
    for (const time of message.times) told.push(time - at);
    offers += 1;
    if (offers === Number(values.offers)) all.resolve();
  });
  await opened.promise;
  const idle = await memoryOf(service.pid);
  const begun = performance.now();
  await makeOffers(service, made, projects);
  const took = (performance.now() - begun) / 1000;
  await all.promise;
  const after = await memoryOf(service.pid);
  told.sort((a, b) => a - b);
  const at = (part: number) => told[Math.ceil(told.length * part) - 1];
  console.log(`${values.listeners} listeners on one process`);
  console.log(
    `${offers} offers in ${took.toFixed(1)} s, each to the listeners of one of ${values.projects} projects`,
  );
  console.log(`memory, MiB: ${before} before, ${idle} with all of them, ${after} after`);
  console.log(`from the call to the listener, ms: p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}`);
  compare('memory, MiB', Math.max(idle, after), limits.memory);
  compare('from the call to 99 of 100 listeners, ms', at(0.99) ?? Number.NaN, limits.told);
  listening.kill();
}

/** Says a figure beside its limit; beyond it the run fails. */
function compare(what: string, figure: number, limit: number): void {
  const isWithin = figure <= limit;
  console.log(`${isWithin ? 'ok' : 'BEYOND'}: ${what}: ${figure}, limit ${limit}`);
  if (!isWithin) process.exitCode = 1;
}

/** Several sharers at once, each of which makes images and shares them with the consumer. */
async function makeOffers(
  service: RunningService,
  made: Times,
  projects: readonly Project[],
): Promise<void> {
  const headers = { 'x-auth-token': await service.token('producer') };
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return (await answer.json()) as { id: string };
  };
  let left = Number(values.offers);
  const sharer = async () => {
    while (left > 0) {
      left -= 1;
      const { id } = await post('/v2/images', {});
      made.set(id, Date.now());
      await post(`/v2/images/${id}/members`, { member: projects[left % projects.length]?.id });
    }
  };
  await Promise.all(Array.from({ length: Number(values.sharers) }, sharer));
}

interface Project {
  readonly id: string;
  readonly token: string;
}

/** Projects of the admin, who listens for all of them. */
async function makeProjects(service: RunningService): Promise<readonly Project[]> {
  const admin = await service.token('admin');
  const call = async (method: string, path: string, body?: object) =>
    fetch(`${service.url}/identity/v3${path}`, {
      method,
      headers: { 'x-auth-token': admin, 'x-subject-token': admin },
      ...(body && { body: JSON.stringify(body) }),
    });
  // biome-ignore lint/suspicious/noExplicitAny: a bench reads what it knows.
  const json = async (answer: Promise<Response>): Promise<any> => (await answer).json();
  const userId = (await json(call('GET', '/auth/tokens'))).token.user.id;
  const role = (await json(call('GET', '/roles?name=member'))).roles[0].id;
  const projects: Project[] = [];
  for (let index = 0; index < Number(values.projects); index += 1) {
    const { id } = (await json(call('POST', '/projects', { project: { name: `p${index}` } })))
      .project;
    await call('PUT', `/projects/${id}/users/${userId}/roles/${role}`);
    const identity = { methods: ['token'], token: { id: admin } };
    const auth = { identity, scope: { project: { id } } };
    const answer = await call('POST', '/auth/tokens', { auth });
    projects.push({ id, token: answer.headers.get('x-subject-token') ?? '' });
  }
  return projects;
}

/** Resident memory, MiB. */
async function memoryOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}
