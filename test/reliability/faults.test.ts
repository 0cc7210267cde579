import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Failure, failures } from './faults.ts';
import { countOf, emptyPlace } from './place.ts';
import { randomFrom } from './remains.ts';
import { type Troubled, troubledService } from './troubled-lives.ts';

const names = Object.keys(failures) as Failure[];

/** Calls of one life that can fail that way. */
async function callsOf(troubled: Troubled, failure: Failure): Promise<number> {
  assert.deepEqual(await troubled.live([{ failure, at: 0 }]), []);
  return troubled.calls();
}

for (const failure of names) {
  test(`${failure} at every call in turn: what is acknowledged is kept, the rest is refused and leaves nothing`, async (t) => {
    await using place = await emptyPlace();
    await using troubled = await troubledService(place.path);
    const calls = await callsOf(troubled, failure);
    const wrong: string[] = [];

    for (let at = 1; at <= calls; at += 1) {
      const found = await troubled.live([{ failure, at }]);
      wrong.push(...found.map((text) => `at call ${at}: ${text}`));
    }

    t.diagnostic(
      `${calls} calls, ${troubled.restarts} times the service stopped, ${wrong.length} things wrong`,
    );
    assert(calls > 0);
    assert.deepEqual(wrong.slice(0, 5), []);
  });
}

const pairs = countOf('VITRINE_FAULT_PAIRS', 20);

test('two failures in one life: what is acknowledged is kept, the rest is refused and leaves nothing', async (t) => {
  await using place = await emptyPlace();
  await using troubled = await troubledService(place.path);
  const calls = await callsOf(troubled, 'EIO');
  const random = randomFrom(countOf('VITRINE_SEED', 1));
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const wrong: string[] = [];

  for (let pair = 0; pair < pairs; pair += 1) {
    const faults = [0, 1].map(() => ({
      failure: pick(names),
      at: 1 + Math.floor(random() * calls),
    }));
    const found = await troubled.live(faults);
    wrong.push(...found.map((text) => `${JSON.stringify(faults)}: ${text}`));
  }

  t.diagnostic(
    `${pairs} pairs, ${troubled.restarts} times the service stopped, ${wrong.length} things wrong`,
  );
  assert.deepEqual(wrong.slice(0, 5), []);
});
