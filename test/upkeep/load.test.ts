import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { projectIdOf, useImages } from '../reliability/clients.ts';
import type { History } from '../reliability/history.ts';
import { inspectImages } from '../reliability/inspection.ts';
import { countOf, emptyPlace } from '../reliability/place.ts';
import { type Random, randomFrom } from '../reliability/remains.ts';
import { type CommandResult, runCommand } from '../support/command.ts';
import { type RunningService, runService } from '../support/running-service.ts';
import { emptyFolder, spawnService } from '../support/service-process.ts';

const backups = countOf('VITRINE_BACKUPS', 3);
const kills = countOf('VITRINE_BACKUP_KILLS', 2);

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const environment = { VITRINE_MIN_FREE_BYTES: '0', VITRINE_LOG_LEVEL: 'error' };
const sizes = [1, 5000, 300_001, 1_200_001];
const clients = 4;

function vitrine(dataDir: string, ...args: readonly string[]): Promise<CommandResult> {
  return runCommand(args, { env: { VITRINE_DATA_DIR: dataDir } });
}

/** Runs a command and ends it wherever it is. @param time ms until then; @returns whether it was faster */
async function killed(dataDir: string, args: readonly string[], time: number): Promise<boolean> {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], VITRINE_DATA_DIR: dataDir },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const cut = setTimeout(time).then(() => child.kill('SIGKILL'));
  const [code] = await ended;
  await cut;
  return code === 0;
}

interface Load extends AsyncDisposable {
  readonly history: History;
  readonly acknowledged: Map<string, number>;
}

/** Lets clients work until it is disposed of. */
async function underLoad(service: RunningService, random: Random): Promise<Load> {
  const history: History = new Map();
  const acknowledged = new Map<string, number>();
  const consumer = await projectIdOf(service, 'consumer');
  const onAnswer = (imageId: string, count: number) => acknowledged.set(imageId, count);
  const options = { service, history, consumer, random, sizes, onAnswer };
  let isOver = false;
  async function work(): Promise<void> {
    while (!isOver) await useImages(options, 1);
  }
  const lanes = Array.from({ length: clients }, work);
  return {
    history,
    acknowledged,
    async [Symbol.asyncDispose]() {
      isOver = true;
      await Promise.all(lanes);
    },
  };
}

test('a backup under load, restored, has all that was acknowledged before it', async (t) => {
  await using place = await emptyPlace();
  // On another disk nothing can be linked, and everything is copied.
  await using elsewhere = await emptyFolder();
  const random = randomFrom(countOf('VITRINE_SEED', 1));
  await using service = await runService({ folder: join(place.path, 'data'), environment });
  const wrong: string[] = [];
  let [images, reused] = [0, 0];
  await using load = await underLoad(service, random);

  for (let n = 0; n < backups; n += 1) {
    await setTimeout(500);
    const folder = join(n % 2 === 0 ? place.path : elsewhere.path, 'backups');
    const backup = join(folder, String(n));
    const restored = join(place.path, 'restored');
    const acknowledged = new Map(load.acknowledged);
    const reuse = n > 1 ? ['--reuse', folder] : [];
    const made = await vitrine(service.folder, 'backup', backup, '--json', ...reuse);
    const latest = new Map(load.acknowledged);
    const history = new Map([...load.history].map(([id, asked]) => [id, [...asked]]));
    assert.equal(made.code, 0, made.err);
    const told = JSON.parse(made.out);
    reused += told.reused;
    const back = await vitrine(restored, 'restore', backup);
    assert.equal(back.code, 0, back.err);

    await using again = await runService({ folder: restored, environment });
    const access = { url: again.url, token: await again.token('producer') };
    const known = { history, acknowledged, latest };
    wrong.push(...(await inspectImages(restored, known, access)));
    images += told.files;
    await again.stop();
    await rm(restored, { recursive: true });
  }

  t.diagnostic(
    `${backups} backups with ${images} files, ${reused} taken again; ${wrong.length} things wrong`,
  );
  assert.deepEqual(wrong.slice(0, 5), []);
  assert(images > 0);
  assert(reused > 0);
});

test('a backup or restore that is killed is never taken for whole, and can be begun again', async (t) => {
  await using place = await emptyPlace();
  const random = randomFrom(countOf('VITRINE_SEED', 1));
  const data = join(place.path, 'data');
  const restored = join(place.path, 'restored');
  const history: History = new Map();
  const acknowledged = new Map<string, number>();
  {
    await using service = await runService({ folder: data, environment });
    const consumer = await projectIdOf(service, 'consumer');
    const onAnswer = (imageId: string, count: number) => acknowledged.set(imageId, count);
    await useImages({ service, history, consumer, random, sizes, onAnswer }, 60);
  }
  const counts = { whole: 0, cut: 0, restored: 0, refused: 0 };
  let usual = await timeOf(() => vitrine(data, 'backup', join(place.path, 'first')));

  for (let n = 0; n < kills; n += 1) {
    const backup = join(place.path, `backup ${n}`);
    const isWhole = await killed(data, ['backup', backup], random() * usual * 1.1);
    const isNamedWhole = existsSync(join(backup, 'manifest.json'));
    if (isWhole) assert(isNamedWhole);
    if (!isNamedWhole) {
      counts.cut += 1;
      const refused = await vitrine(restored, 'restore', backup);
      assert.equal(refused.code, 1);
      assert.match(refused.err, /no whole backup/);
      const again = await vitrine(data, 'backup', backup);
      assert.equal(again.code, 0, again.err);
    } else counts.whole += 1;

    if (n === 0) usual = await timeOf(() => vitrine(restored, 'restore', backup));
    await rm(restored, { recursive: true, force: true });
    await killed(restored, ['restore', backup], random() * usual * 1.1);
    if (
      !existsSync(join(restored, 'vitrine.db')) ||
      existsSync(join(restored, 'restore.unfinished'))
    ) {
      counts.refused += 1;
      if (existsSync(join(restored, 'restore.unfinished'))) await refusesToStart(restored);
      const again = await vitrine(restored, 'restore', backup);
      assert.equal(again.code, 0, again.err);
    } else counts.restored += 1;
    await using service = await runService({ folder: restored, environment });
    const access = { url: service.url, token: await service.token('producer') };
    assert.deepEqual(await inspectImages(restored, { history, acknowledged }, access), []);
    await service.stop();
    await rm(restored, { recursive: true });
    await rm(backup, { recursive: true });
  }

  t.diagnostic(`of ${kills} each: ${JSON.stringify(counts)}`);
  assert(counts.cut > 0 && counts.refused > 0);
});

async function timeOf(work: () => Promise<CommandResult>): Promise<number> {
  const begun = performance.now();
  const { code, err } = await work();
  assert.equal(code, 0, err);
  return performance.now() - begun;
}

/** The service must not take half of what was to be restored for all of it. */
async function refusesToStart(folder: string): Promise<void> {
  const service = spawnService({ VITRINE_DATA_DIR: folder, VITRINE_PORT: '0' });
  await assert.rejects(service.ready, /A restore into the data folder .* has not ended/);
}
