/**
 * Has a service work for an hour at 80 % of what it can do, and looks whether it takes more memory or descriptors for it:
 * `npm run test:soak`; `VITRINE_SOAK_SECONDS` makes it shorter.
 */
import assert from 'node:assert/strict';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { Agent } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { projectIdOf } from '../reliability/clients.ts';
import { openStream } from '../support/event-stream.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { seededBytes } from '../support/slow-data.ts';
import { live, type Material } from './lives.ts';

const seconds = Number(process.env['VITRINE_SOAK_SECONDS'] ?? 3600);

/** Of what the service and its clients can do on this machine. */
const share = 0.8;

/** For which it works as fast as it can, s. */
const fullTime = Math.min(30, seconds / 4);

/** Lives at a time; at the pace of the soak there is no need for as many. */
const most = 16;

/** By how much memory may grow from the second to the last tenth of the time. */
const largestGrowth = 0.05;

/** For which the last offer is waited for, ms. */
const patience = 30_000;

/** Of which threads for hashing and readers of the database may have more at one time than at another. */
const pooled = /^(anon_inode|pipe):|\.db(-wal)?$/;
const mostPooled = 32;

/** Until what served the last requests is given back, ms. */
const settlingTime = 5000;

await using service = await runService({
  environment: {
    VITRINE_LOG_LEVEL: 'error',
    VITRINE_AUDIT: 'none',
    VITRINE_TOKEN_LIFETIME: String(3600 + 2 * seconds),
    VITRINE_MIN_FREE_BYTES: '0',
  },
});
let isOver = false;
// Whatever else fails then, this is why.
void service.exited.then((exit) => {
  if (isOver) return;
  console.error(`The service has ended: ${JSON.stringify(exit)}\n${service.stderr()}`);
  process.exit(1);
});
const material: Material = {
  service,
  consumer: await projectIdOf(service, 'consumer'),
  bytes: seededBytes('soak', 6_000_000),
  agent: new Agent({ keepAlive: true, maxSockets: most }),
};
let [lives, calls, listening] = [0, 0, true];
const opened = Promise.withResolvers<void>();
const heard = listen(service);
// Awaited in the end; a service that goes away has another cause.
heard.catch(opened.reject);
await opened.promise;

async function one(): Promise<void> {
  lives += 1;
  const took = await live(material, lives);
  calls += took;
}

/** Lives as fast as they go; how many a second. */
async function capacity(time: number): Promise<number> {
  const begun = { lives, at: performance.now() };
  const end = begun.at + time * 1000;
  const work = async () => {
    while (performance.now() < end) await one();
  };
  await Promise.all(Array.from({ length: most }, work));
  return ((lives - begun.lives) * 1000) / (performance.now() - begun.at);
}

/** Begins lives at a steady pace; what is late is caught up with as far as `most` allow. */
async function soak(pace: number, time: number): Promise<readonly number[]> {
  const begun = performance.now();
  const under = new Set<Promise<void>>();
  const memory: number[] = [];
  let failure: unknown;
  for (let count = 0; performance.now() - begun < time * 1000; count += 1) {
    const due = begun + (count * 1000) / pace;
    await pause(Math.max(0, due - performance.now()));
    while (under.size >= most) await Promise.race(under);
    if (failure !== undefined) throw failure;
    const life = one().catch((cause: unknown) => {
      failure ??= cause;
    });
    under.add(life);
    void life.finally(() => under.delete(life));
    const second = Math.floor((performance.now() - begun) / 1000);
    if (second < memory.length) continue;
    memory.push(await residentOf(service));
    if (second % 60 === 0) tell(second, memory.at(-1) ?? 0);
  }
  await Promise.all(under);
  if (failure !== undefined) throw failure;
  return memory;
}

function tell(second: number, memory: number): void {
  const minute = `${second / 60} min of ${(seconds / 60).toFixed(1)}`;
  console.log(`${minute}: ${lives} lives of ${calls} calls, ${memory.toFixed(1)} MiB`);
}

/** MiB. */
async function residentOf({ pid }: RunningService): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** What the service has open once nobody asks anything, but for the listener's connection. */
async function descriptorsOf({ pid }: RunningService): Promise<readonly string[]> {
  material.agent.destroy();
  await pause(settlingTime);
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder);
  return await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => name)));
}

/** Listens all the time, from where the last stream ended; counts what was offered. */
async function listen(to: RunningService): Promise<number> {
  let offers = 0;
  let lastId: string | undefined;
  while (listening) {
    const stream = await openStream(to.url, await to.token('consumer'), lastId);
    opened.resolve();
    for await (const { type } of stream) {
      if (type === 'vitrine.share.offered') offers += 1;
      if (!listening && offers >= lives) stream.close();
    }
    lastId = stream.lastId();
  }
  return offers;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const full = await capacity(fullTime);
const before = await descriptorsOf(service);
console.log(`${full.toFixed(1)} lives/s at most; ${(share * full).toFixed(1)} from now on.`);
const memory = await soak(share * full, seconds);
const after = await descriptorsOf(service);

const tenth = Math.max(1, Math.floor(memory.length / 10));
const early = median(memory.slice(tenth, 2 * tenth));
const late = median(memory.slice(-tenth));
const growth = (late - early) / early;
console.log(`${lives} lives, ${calls} calls, none answered otherwise than it had to be`);
console.log(
  `memory, MiB: ${early.toFixed(1)} in the second tenth of the time, ${late.toFixed(1)} in the last: ${(100 * growth).toFixed(1)} % more, limit ${100 * largestGrowth}`,
);
const own = (all: readonly string[]) => all.filter((path) => !pooled.test(path)).length;
console.log(
  `descriptors: ${before.length} before, ${after.length} after; sockets and files of images: ${own(before)} and ${own(after)}`,
);
// The last offer makes the listener look whether it is over.
listening = false;
await one();
const tooLate = pause(patience, 'fewer', { ref: false });
assert.equal(
  await Promise.race([heard, tooLate]),
  lives,
  'A listener has heard of each offer once.',
);
material.agent.destroy();
isOver = true;
assert.ok(growth < largestGrowth, 'Memory has grown.');
const isClosed = own(after) <= own(before) && after.length <= before.length + mostPooled;
assert.ok(isClosed, `Descriptors are left open:\n${after.join('\n')}`);
