// Measures the service beside the limits of the machine: see docs/performance.md.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leavingNothing } from './child.ts';
import { measureData, measureInMemory } from './data.ts';
import { measureParallel } from './data-parallel.ts';
import type { Figure, Single } from './figures.ts';
import { misses } from './goals.ts';
import { measureMemory, measureStart } from './lifecycle.ts';
import { describeMachine } from './machine.ts';
import { measureMetadata } from './metadata.ts';
import { measureMixed } from './mixed.ts';
import { type MeasurementName, type Options, readOptions, usage } from './options.ts';
import { type Peer, peerOf, seedPeer } from './peer.ts';
import { measurePostgres } from './postgres-limit.ts';
import { type Report, reportText } from './report.ts';
import { seed } from './seed.ts';
import { type Service, signIn, startService } from './service.ts';
import { measureToken } from './token.ts';

const begin = performance.now();

function progress(text: string): void {
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  process.stderr.write(`${seconds.padStart(4)} s  ${text}\n`);
}

async function measure(options: Options, folder: string): Promise<Report> {
  const machine = await describeMachine(folder);
  const chosen = (...names: readonly MeasurementName[]) =>
    names.some((name) => options.only.has(name));
  const singles: Single[] = [];
  const figures: Figure[] = [];
  await using beside = await peerBeside(options, folder);
  const { peer } = beside;
  if (chosen('start')) {
    progress('starting the service 5 times');
    singles.push(await measureStart(folder, options.server));
  }
  if (chosen('memory')) {
    progress('memory, idle and under one large image');
    singles.push(...(await measureMemory(folder, options)));
  }
  if (chosen('token')) {
    progress('checking tokens that Keystone vouched for');
    singles.push(await measureToken());
  }
  const onSeed = ['list', 'show', 'members', 'add', 'status', 'mixed'] as const;
  if (chosen(...onSeed, 'upload', 'download')) {
    const data = await mkdtemp(join(folder, 'service-'));
    await using database = await databaseFor(options);
    const { child, url } = await startService(options.server, data, database.url);
    await using _ended = child;
    const service = await signIn(child, url, data);
    if (database.url !== undefined && chosen('list', 'show', 'members')) {
      singles.push(...(await measurePostgres(database.url, options.seconds)));
    }
    if (chosen(...onSeed)) {
      const measured = await measureSeeded(service, peer, options, folder);
      figures.push(...measured.figures);
      singles.push(...measured.singles);
    }
    if (chosen('upload', 'download')) {
      figures.push(...(await measureData({ service, peer, folder, options, progress })));
    }
  }
  if (chosen('tmpfs')) figures.push(...(await measureInMemory(options, { peer, progress })));
  if (chosen('parallel')) {
    progress('64 uploads at once');
    singles.push(...(await measureParallel(folder, options)));
  }
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  return { machine, command, singles, figures };
}

/** What the measured service keeps its records in; without a URL that is SQLite. */
async function databaseFor({ database }: Options) {
  if (database !== 'postgres') return { url: database, [Symbol.asyncDispose]: async () => {} };
  const { startPostgres } = await import('../test/support/postgres/server.ts');
  const server = await startPostgres({ isDurable: true });
  return {
    url: server.url('postgres'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function measureSeeded(
  service: Service,
  peer: Peer | undefined,
  options: Options,
  folder: string,
): Promise<Pick<Report, 'figures' | 'singles'>> {
  progress('filling the service with 1,000 images');
  const filled = await seed(service);
  if (peer) progress(`filling ${peer.name} with 1,000 images`);
  const seededPeer = peer && (await seedPeer(peer));
  const setting = { service, seed: filled, peer: seededPeer, folder, options, progress };
  const figures = await measureMetadata(setting);
  if (!options.only.has('mixed')) return { figures, singles: [] };
  progress('showing images while members change');
  return { figures, singles: await measureMixed(service, filled, options) };
}

/** What the service is measured beside: the one that the options name, or itself on SQLite where it is on another database. */
async function peerBeside(options: Options, folder: string) {
  await using parts = new AsyncDisposableStack();
  let peer = await peerOf(options);
  if (!peer && options.database !== undefined) {
    const data = await mkdtemp(join(folder, 'sqlite-'));
    const { child, url } = await startService(options.server, data);
    parts.use(child);
    peer = { name: 'the same on SQLite', kind: 'sqlite', ...(await signIn(child, url, data)) };
  }
  const owned = parts.move();
  return { peer, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-bench-'));
  await leavingNothing(
    async () => {
      const report = await measure(options, folder);
      console.log(reportText(report));
      if (misses(report.figures, report.singles).length > 0) process.exitCode = 1;
      const json = JSON.stringify(report);
      if (options.json === undefined) console.log(`\n${json}`);
      else await writeFile(options.json, `${json}\n`);
    },
    () => rm(folder, { recursive: true, force: true }),
  );
}

await main();
