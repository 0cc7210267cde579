import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type RunningService, runService } from '../support/running-service.ts';
import { projectIdOf, useImages } from './clients.ts';
import type { History } from './history.ts';
import { inspectImages } from './inspection.ts';
import { countOf, emptyPlace } from './place.ts';
import { type Random, randomFrom } from './remains.ts';

const kills = countOf('VITRINE_KILLS', 100);

/** Clients at work at the moment of a kill. */
const clients = 3;

/** Longest time until a kill, ms. */
const longest = 400;

interface Use {
  readonly service: RunningService;
  readonly history: History;
  /** Operations of each image that were answered. */
  readonly acknowledged: Map<string, number>;
  readonly consumer: string;
  readonly random: Random;
}

/** Lets clients work until the service is killed. */
async function killAmidUse({ service, history, acknowledged, consumer, random }: Use) {
  const sizes = [1, 5000, 300_001, 1_200_001];
  const onAnswer = (imageId: string, count: number) => acknowledged.set(imageId, count);
  const lanes = Array.from({ length: clients }, () =>
    useImages({ service, history, consumer, random, sizes, onAnswer }, 1000).catch(() => undefined),
  );
  await setTimeout(random() * longest);
  await service.crash();
  await Promise.all(lanes);
}

test('a service that is killed at any moment loses nothing that was acknowledged', async (t) => {
  await using place = await emptyPlace();
  const folder = join(place.path, 'data');
  const random = randomFrom(countOf('VITRINE_SEED', 1));
  const history: History = new Map();
  const acknowledged = new Map<string, number>();
  const wrong: string[] = [];
  const environment = { VITRINE_MIN_FREE_BYTES: '0', VITRINE_LOG_LEVEL: 'error' };

  for (let kill = 0; kill < kills; kill += 1) {
    const service = await runService({ folder, environment, logsErrors: true });
    const consumer = await projectIdOf(service, 'consumer');
    const access = { url: service.url, token: await service.token('producer') };
    wrong.push(...(await inspectImages(folder, { history, acknowledged }, access)));
    await killAmidUse({ service, history, acknowledged, consumer, random });
  }
  await using service = await runService({ folder, environment, logsErrors: true });
  const access = { url: service.url, token: await service.token('producer') };
  wrong.push(...(await inspectImages(folder, { history, acknowledged }, access)));

  const count = [...acknowledged.values()].reduce((sum, one) => sum + one, 0);
  t.diagnostic(`${kills} kills, ${count} operations acknowledged, ${wrong.length} things wrong`);
  assert.deepEqual(wrong.slice(0, 5), []);
  assert(count > 0);
});
