// Measures lists with a thousand images and with a million in turn: see docs/performance.md.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../src/database/database.ts';
import { leavingNothing } from './child.ts';
import { describeMachine } from './machine.ts';
import { cases } from './scale/cases.ts';
import { fillDatabase, projectName } from './scale/data.ts';
import { measured, scaleOf } from './scale/images.ts';
import { measurePair } from './scale/measure.ts';
import { readScaleOptions, type ScaleOptions, scaleUsage } from './scale/options.ts';
import { copiesInPostgres, openCopy } from './scale/postgres.ts';
import { planOf, queriedList } from './scale/queried-list.ts';
import {
  middleRatioOf,
  promised,
  promisedMiddle,
  promisedStart,
  ratioOf,
  type ScaleFigure,
  type ScaleReport,
  scaleReportText,
} from './scale/report.ts';
import { type ScaleService, servedList } from './scale/served-list.ts';
import { type Session, signInTo, startService } from './service.ts';

const begin = performance.now();

function progress(text: string): void {
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  process.stderr.write(`${seconds.padStart(4)} s  ${text}\n`);
}

/** Gives a data folder of a service with that many images, which is made if it is not there yet. */
async function filledFolder(folder: string, images: number, server: string): Promise<string> {
  const filled = join(folder, `images-${images}`);
  if (existsSync(filled)) return filled;
  const { projects, members } = scaleOf(images);
  const parts = [images, projects, images * 10, members].map((count) => count.toLocaleString('en'));
  progress(
    `making ${parts[0]} images, ${parts[1]} projects, ${parts[2]} properties, ${parts[3]} members`,
  );
  const filling = `${filled}-unfinished`;
  await rm(filling, { recursive: true, force: true });
  // The service itself makes the accounts and, by its migrations, the tables.
  await (await startService(server, filling)).child[Symbol.asyncDispose]();
  const database = join(filling, 'vitrine.db');
  fillDatabase(database, images, progress);
  progress(`${((await stat(database)).size / 1e9).toFixed(2)} GB`);
  await rename(filling, filled);
  return filled;
}

async function startScaleService(server: string, data: string, databaseUrl: string | undefined) {
  const { child, url, milliseconds } = await startService(server, data, databaseUrl);
  const sessions: [string, Session][] = [];
  for (const [n, name] of measured.entries()) {
    sessions.push([name, await signInTo(projectName(n), data)]);
  }
  return {
    child,
    url,
    milliseconds,
    sessions: Object.fromEntries(sessions) as ScaleService['sessions'],
  };
}

/** SQLite needs no copy of its file. */
const noCopies = { urls: undefined, [Symbol.asyncDispose]: async () => {} };

function openFor(data: string, databaseUrl: string | undefined): Promise<Database> {
  return databaseUrl === undefined ? openDatabase(join(data, 'vitrine.db')) : openCopy(databaseUrl);
}

async function measure(options: ScaleOptions, folder: string): Promise<ScaleReport> {
  const machine = await describeMachine(folder);
  const { server, images } = options;
  const data = {
    small: await filledFolder(folder, images.small, server),
    large: await filledFolder(folder, images.large, server),
  };
  const isPostgres = options.database === 'postgres';
  await using copies = isPostgres ? await copiesInPostgres(data, progress) : noCopies;
  const small = await startScaleService(server, data.small, copies.urls?.small);
  await using _small = small.child;
  const large = await startScaleService(server, data.large, copies.urls?.large);
  await using _large = large.child;
  await using smallDatabase = await openFor(data.small, copies.urls?.small);
  await using largeDatabase = await openFor(data.large, copies.urls?.large);
  const databases = { small: smallDatabase, large: largeDatabase };

  const figures: ScaleFigure[] = [];
  for (const item of cases) {
    await using fewServed = await servedList(small, item);
    await using manyServed = await servedList(large, item);
    const served = await measurePair({ small: fewServed, large: manyServed }, options);
    await using fewQueried = await queriedList(databases.small, item);
    await using manyQueried = await queriedList(databases.large, item);
    const queried = await measurePair({ small: fewQueried, large: manyQueried }, options);
    progress(`${item.title}: ${ratioOf(served).toFixed(2)}`);
    // How PostgreSQL finds each page is seen to by the tests of its plans.
    const plan = isPostgres ? [] : await planOf(databases.large, item);
    figures.push({ item, served, queried, plan });
  }
  const command = ['npm run bench:scale --', ...process.argv.slice(2)].join(' ');
  const starts = { small: small.milliseconds, large: large.milliseconds };
  return { machine, command, images, starts, figures };
}

async function main(): Promise<void> {
  const options = readScaleOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(scaleUsage);
    return;
  }
  const folder = options.data ?? (await mkdtemp(join(tmpdir(), 'vitrine-scale-')));
  await mkdir(folder, { recursive: true });
  await leavingNothing(
    async () => {
      const report = await measure(options, folder);
      console.log(scaleReportText(report));
      if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report)}\n`);
      const broken = report.figures.filter(
        ({ served }) => !(ratioOf(served) <= promised && middleRatioOf(served) <= promisedMiddle),
      );
      for (const { item } of broken) console.log(`More times as long than promised: ${item.title}`);
      const { small, large } = report.starts;
      const isLate = Math.max(small, large) > promisedStart;
      if (isLate) console.log(`A start took longer than ${promisedStart} ms.`);
      if (isLate || broken.length > 0) process.exitCode = 1;
    },
    async () => {
      if (options.data === undefined) await rm(folder, { recursive: true, force: true });
    },
  );
}

await main();
