import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { sql } from 'kysely';
import { openAt, postgresDatabase } from '../support/postgres/databases.ts';
import { type Load, startFleet } from '../support/postgres/fleet.ts';

/** Waits until a machine has answered that many requests more. */
async function answered({ answers }: Load, url: string | undefined, more: number): Promise<void> {
  const begin = answers.get(url ?? '') ?? 0;
  for (let tries = 0; tries < 1000; tries += 1) {
    if ((answers.get(url ?? '') ?? 0) >= begin + more) return;
    await after(20);
  }
  assert.fail(`${url} is not asked`);
}

test('a release and the next one serve side by side, and machine after machine is brought to it without a request that fails', async () => {
  await using store = await postgresDatabase();
  await using fleet = await startFleet({ databaseUrl: store.url, size: 3 });
  const [first, second, third] = fleet.machines;
  assert.ok(first && second && third);
  await fleet.start(first, 'this');
  await fleet.start(second, 'this');
  const load = await fleet.load();
  await Promise.all([answered(load, first.url, 40), answered(load, second.url, 40)]);

  // Its start changes the tables under the requests of the others, which know nothing of it.
  await fleet.start(third, 'next');
  await Promise.all(fleet.machines.map(({ url }) => answered(load, url, 100)));

  for (const machine of [first, second]) {
    await fleet.stop(machine);
    await fleet.start(machine, 'next');
    await answered(load, machine.url, 40);
  }
  // And back: the release before starts on the newer tables too.
  await fleet.stop(third);
  await fleet.start(third, 'this');
  await answered(load, third.url, 40);
  await load.stop();

  assert.deepEqual(load.failures, []);
  await using database = await openAt(store.url);
  const { rows } = await sql<{ indexes: number }>`select count(*) as indexes from pg_indexes
    where indexname = 'images_of_next_release'`.execute(database.read);
  assert.equal(rows[0]?.indexes, 1);
});

test('a release that bears none before it waits for their end, and they do not start beside it', async () => {
  await using store = await postgresDatabase();
  await using fleet = await startFleet({ databaseUrl: store.url, size: 2 });
  const [first, second] = fleet.machines;
  assert.ok(first && second);
  await fleet.start(first, 'this');

  await assert.rejects(fleet.start(second, 'contracted'), /older release \(1\).*stop them first/);
  const during = await fetch(`${first.url}/healthcheck`);
  await fleet.stop(first);
  await fleet.start(second, 'contracted');
  await assert.rejects(fleet.start(first, 'this'), /newer release.*9002-contraction/);

  assert.equal(during.status, 200);
});
