import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { type Inspectors, startInspectors } from './inspectors.ts';
import { countOf, emptyPlace } from './place.ts';
import { type CutsOptions, cutPower } from './power-cuts.ts';
import { type Recording, record, type Scenario } from './recording.ts';

/** Disks that are looked at, over all scenarios. */
const states = countOf('VITRINE_POWER_CUTS', 2000);
const seed = countOf('VITRINE_SEED', 1);

/** Data that is hashed where it comes in, and data that passes through other threads. */
const sizes = [1, 5000, 70_000, 300_001, 1_200_001];

const scenarios: Readonly<Record<string, Scenario>> = {
  'deleted at once': { seed, images: [4, 2], sizes },
  'deleted after a while': {
    seed: seed + 1,
    images: [3, 2],
    sizes,
    environment: {
      VITRINE_DELAYED_DELETE: 'true',
      VITRINE_SCRUB_TIME: '0',
      VITRINE_WAKEUP_TIME: '1',
    },
  },
};

let inspectors: Inspectors;
before(() => {
  inspectors = startInspectors(availableParallelism());
});
after(() => inspectors[Symbol.asyncDispose]());

async function cut(recording: Recording, options: Partial<CutsOptions>) {
  await using place = await emptyPlace();
  inspectors.use(recording.history);
  return await cutPower({ recording, states, seed, place: place.path, inspectors, ...options });
}

for (const [name, scenario] of Object.entries(scenarios)) {
  test(`a power cut at any moment loses nothing that was acknowledged: images ${name}`, async (t) => {
    await using place = await emptyPlace();
    const recording = await record(place.path, scenario);

    const share = Math.ceil(states / Object.keys(scenarios).length);
    const result = await cut(recording, { states: share });

    t.diagnostic(
      `${result.states} disks, ${result.operations} operations acknowledged, ${result.wrong.length} things wrong`,
    );
    assert.deepEqual(result.wrong.slice(0, 5), []);
    assert.equal(result.states, share);
  });
}

describe('the search finds what is lost when', () => {
  let recording: Recording;
  before(async () => {
    await using place = await emptyPlace();
    recording = await record(place.path, { seed, images: [3, 1], sizes });
  });

  const missing: Readonly<Record<string, CutsOptions['ignoresSync']>> = {
    'no folder is synced': (_path, kind) => kind === 'folder',
    'the folder of the images is not synced': (path, kind) =>
      kind === 'folder' && path.includes('/images/'),
    'the data of images is not synced': (path, kind) =>
      kind === 'file' && path.includes('/images/'),
    'the write-ahead log is synced at checkpoints alone, as SQLite does by itself': (path) =>
      path.endsWith('-wal'),
    'the database is not synced at checkpoints': (path) => path.endsWith('.db'),
  };
  for (const [name, ignoresSync] of Object.entries(missing)) {
    test(name, async (t) => {
      const result = await cut(recording, { ignoresSync, states: 2000, stopsAtFirst: true });

      t.diagnostic(`found on disk ${result.states}: ${result.wrong[0]?.slice(0, 200)}`);
      assert.notDeepEqual(result.wrong, []);
    });
  }
});
