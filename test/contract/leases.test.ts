import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as after } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../../src/database/database.ts';
import { insertUnwantedData } from '../../src/database/images.ts';
import {
  claimLeases,
  freeAllLeases,
  freeLeases,
  holdsLease,
  type Lease,
  releaseLease,
  renewLease,
} from '../../src/database/leases.ts';
import { startJobs } from '../../src/service/jobs.ts';
import { startLeasedWork } from '../../src/service/leased-work.ts';
import { emptyDatabase, isOnPostgres } from '../support/database.ts';

/** Notes data that is due at once, each a millisecond later than the one before it. */
async function withWork(database: Database, ...locations: readonly string[]): Promise<void> {
  await database.transaction(async (db) => {
    for (const [n, location] of locations.entries()) {
      await insertUnwantedData(db, { store: null, url: location });
      await sql`update unwanted_data set lease_until = ${n} where location = ${location}`.execute(
        db,
      );
    }
  });
}

function claim(database: Database, holder: string, { ttl = 60_000, limit = 1 } = {}) {
  return database.transaction((db) =>
    claimLeases(db, { table: 'unwanted_data', holder, ttl, limit }),
  );
}

async function claimOne(database: Database, holder: string, ttl?: number): Promise<Lease> {
  const [lease] = await claim(database, holder, ttl === undefined ? {} : { ttl });
  return lease ?? assert.fail('there is nothing to claim');
}

const keysOf = (leases: readonly Lease[]) => leases.map(({ key }) => key);

test('a piece of work is claimed by one, what has waited longest first', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await withWork(database, 'first', 'second', 'third');

  const one = await claim(database, 'one', { limit: 2 });
  const other = await claim(database, 'other', { limit: 2 });

  assert.deepEqual(keysOf(one).toSorted(), ['first', 'second']);
  assert.deepEqual(keysOf(other), ['third']);
  assert.deepEqual(await claim(database, 'one'), []);
});

test('many who claim at the same time get each piece once', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  const all = Array.from({ length: 100 }, (_, n) => `data-${n}`);
  await withWork(database, ...all);

  const claims = Array.from({ length: 25 }, (_, n) => claim(database, `p${n}`, { limit: 5 }));
  const first = keysOf((await Promise.all(claims)).flat());
  const rest = keysOf(await claim(database, 'last', { limit: 100 }));

  assert.equal(new Set([...first, ...rest]).size, 100);
  assert.equal(first.length + rest.length, 100);
});

test('a claim that is not renewed runs out, and whoever had it has it no more', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await withWork(database, 'data');
  const lost = await claimOne(database, 'one', 1);
  await after(20);
  const taken = await claimOne(database, 'other');

  assert.equal(taken.term, lost.term + 1);
  assert.equal(await renewLease(database.write, lost, 1000), false);
  assert.equal(await releaseLease(database.write, lost, 0), false);
  assert.equal(await database.transaction((db) => holdsLease(db, lost)), false);
  assert.equal(await database.transaction((db) => holdsLease(db, taken)), true);
});

test('the same process cannot take an earlier claim of its own for a later one', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await withWork(database, 'data');
  const earlier = await claimOne(database, 'one', 1);
  await after(20);
  await claimOne(database, 'one');

  assert.equal(await renewLease(database.write, earlier, 1000), false);
});

test('a claim that is renewed stays', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await withWork(database, 'data');
  const lease = await claimOne(database, 'one', 1);

  assert.equal(await renewLease(database.write, lease, 60_000), true);
  await after(20);

  assert.deepEqual(await claim(database, 'other'), []);
});

test('what is given back is due when its holder says so, what a process left at once', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await withWork(database, 'now', 'later', 'left');
  const leases = await claim(database, 'one', { limit: 3 });
  const of = (key: string) => leases.find((lease) => lease.key === key) ?? assert.fail(key);

  await releaseLease(database.write, of('now'), 0);
  await releaseLease(database.write, of('later'), 60_000);
  const given = keysOf(await claim(database, 'other', { limit: 3 }));
  await freeLeases(database.write, 'unwanted_data', 'one');
  const left = keysOf(await claim(database, 'other', { limit: 3 }));
  await freeAllLeases(database.write, 'unwanted_data');
  const all = keysOf(await claim(database, 'other', { limit: 3 }));

  assert.deepEqual([given, left, all.length], [['now'], ['left'], 3]);
});

test('who notes unwanted data has a minute to remove it', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await database.transaction((db) => insertUnwantedData(db, { store: null, url: 'data' }));

  const { rows } = await sql<{
    until: number;
  }>`select lease_until as until from unwanted_data`.execute(database.read);

  assert.deepEqual(await claim(database, 'other'), []);
  const left = (rows[0]?.until ?? 0) - Date.now();
  assert.ok(left > 30_000 && left <= 61_000, String(left));
});

/** Leased work whose pieces end when they are told to. */
function startWork(database: Database, ttl: number) {
  const begun: { readonly key: string; readonly signal: AbortSignal; end(fails?: Error): void }[] =
    [];
  const reported: unknown[] = [];
  const work = startLeasedWork({
    database,
    table: 'unwanted_data',
    claim: (db, asked) => claimLeases(db, { table: 'unwanted_data', ...asked }),
    work({ key }, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      const end = (fails?: Error) => (fails ? reject(fails) : resolve(undefined));
      begun.push({ key, signal, end });
      return promise;
    },
    retryAfter: () => 60_000,
    limit: 2,
    ttl,
    interval: 10,
    failure: 'It failed.',
    report: (text) => reported.push(text),
  });
  return { begun, reported, work };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (isSo()) return;
    await after(5);
  }
  assert.fail('it does not come to pass');
}

/** When the first of the leases of one process ends. */
async function firstEnd(database: Database): Promise<number> {
  const { rows } = await sql<{ end: number }>`select min(lease_until) as "end" from unwanted_data
    where lease_holder = ${database.processes.id}`.execute(database.read);
  return rows[0]?.end ?? 0;
}

test('work is begun up to the limit, kept while it lasts, and more is begun when it ends', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await withWork(database, 'first', 'second', 'third');
  const { begun, reported, work } = startWork(database, 3000);
  await until(() => begun.length === 2);
  const keptUntil = await firstEnd(database);
  for (let kept = keptUntil; kept <= keptUntil; kept = await firstEnd(database)) await after(20);
  const others = keysOf(await claim(database, 'other', { limit: 3 }));
  begun[0]?.end(new Error('planned'));
  begun[1]?.end();
  await until(() => reported.length === 1);
  await work[Symbol.asyncDispose]();

  assert.deepEqual(others, ['third']);
  assert.deepEqual(reported, ['It failed.']);
  assert.ok(begun.every(({ signal }) => !signal.aborted));
});

test('work that somebody else has taken over is told so, and is not given back by whoever lost it', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await withWork(database, 'data');
  const { begun, reported, work } = startWork(database, 200);
  await until(() => begun.length === 1);
  const taken = await database.transaction(async (db) => {
    await freeAllLeases(db, 'unwanted_data');
    return await claimLeases(db, {
      table: 'unwanted_data',
      holder: 'other',
      ttl: 60_000,
      limit: 1,
    });
  });
  await until(() => begun[0]?.signal.aborted === true);
  begun[0]?.end(new Error('given up'));
  await work[Symbol.asyncDispose]();

  const stays = await Promise.all(
    taken.map((lease) => database.transaction((db) => holdsLease(db, lease))),
  );
  assert.deepEqual(stays, [true]);
  assert.deepEqual(reported, []);
});

test('a process that stops gives its work back at once', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  await withWork(database, 'data');
  const { begun, work } = startWork(database, 60_000);
  await until(() => begun.length === 1);
  begun[0]?.signal.addEventListener('abort', () => begun[0]?.end(new Error('stopped')));
  await work[Symbol.asyncDispose]();

  assert.deepEqual(keysOf(await claim(database, 'other')), ['data']);
});

test('a job is done by one of two at a time, again and again, and its failures are told', async () => {
  await using store = await emptyDatabase();
  const { database } = store;
  let running = 0;
  let runs = 0;
  const reported: unknown[] = [];
  const job = {
    name: 'count',
    interval: 10,
    failure: 'It could not be counted.',
    async run() {
      assert.equal(running, 0);
      running += 1;
      await after(10);
      running -= 1;
      runs += 1;
      if (runs === 2) throw new Error('planned');
    },
  };
  // A process that starts takes what one of the same id has left, so on PostgreSQL, where there may be two, each has its own.
  await using other = isOnPostgres() ? await store.openAnother() : undefined;
  const startOn = (own: Database) =>
    startJobs({ database: own, jobs: [job], report: (text) => reported.push(text) });
  const both = await Promise.all([startOn(database), startOn(other ?? database)]);
  await until(() => runs >= 4);
  for (const one of both) await one[Symbol.asyncDispose]();

  assert.deepEqual(reported, ['It could not be counted.']);
});
