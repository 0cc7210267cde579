import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { sql } from 'kysely';
import { clientConfig, openClient } from '../../../src/database/postgres/clients.ts';
import { keepPresence } from '../../../src/database/postgres/presence.ts';
import { findOverrides, setOverride } from '../../../src/database/quotas.ts';
import { RetryLaterError } from '../../../src/domain/retry-later.ts';
import { createImage } from '../../support/images.ts';
import { type Between, between } from '../../support/postgres/between.ts';
import {
  addressIn,
  openAt,
  type PostgresDatabase,
  patient,
  postgresDatabase,
  sharedFolder,
} from '../../support/postgres/databases.ts';
import { startTestService } from '../../support/service.ts';

let store: PostgresDatabase;
let way: Between;
const parts = new AsyncDisposableStack();

before(async () => {
  store = parts.use(await postgresDatabase());
  way = parts.use(await between(await sharedFolder()));
});

after(() => parts.disposeAsync());

/** The database by the way that can be cut. */
function url(): string {
  const name = new URL(store.url).pathname;
  return `postgres://postgres@127.0.0.1:${way.port}${name}`;
}

async function isThere(ask: () => Promise<{ readonly status: number }>, status: number) {
  for (let tries = 0; tries < 500; tries += 1) {
    if ((await ask()).status === status) return;
    await later(20);
  }
  assert.fail(`${status} did not come`);
}

test('while the database is away requests are told when to try again, and then all goes on', async () => {
  await using service = await startTestService({ config: { databaseUrl: addressIn(url()) } });
  const { id } = await createImage(service);
  const show = () => service.call('producer', 'GET', `/v2/images/${id}`);
  const create = () => service.call('producer', 'POST', '/v2/images', { name: 'new' });
  const health = () => service.call('nobody', 'GET', '/healthcheck');

  way.cut();
  const during = await Promise.all([
    show(),
    create(),
    service.call('producer', 'GET', '/v2/images'),
  ]);
  const unwell = await health();
  const head = await service.call('nobody', 'HEAD', '/healthcheck');
  way.mend();
  await isThere(health, 200);
  await isThere(create, 201);
  const shown = await show();

  for (const { status, headers, text } of during) {
    assert.equal(status, 503, text);
    assert.equal(headers['retry-after'], '5');
    assert.match(text, /The database is not available now/);
    assert.doesNotMatch(text, /127\.0\.0\.1|ECONN|postgres/);
  }
  assert.equal(unwell.status, 503);
  assert.equal(unwell.text, 'DATABASE NOT AVAILABLE');
  assert.equal(head.status, 503);
  assert.equal(shown.status, 200);
});

const limit = (value: number) => (db: Parameters<typeof setOverride>[0]) =>
  setOverride(db, 'project', ['image_count_total', value]);

test('a change whose connection breaks before its commit is made again, once', async () => {
  await using database = await openAt(url());
  let runs = 0;

  await database.transaction(async (db) => {
    runs += 1;
    await limit(runs)(db);
    if (runs > 1) return;
    way.cut();
    way.mend();
    await sql`select 1`.execute(db);
  });

  assert.equal(runs, 2);
  assert.equal((await findOverrides(database.read, 'project')).get('image_count_total'), 2);
});

test('a change whose commit is not answered is not made again: whether it took effect is not known', async () => {
  await using database = await openAt(url());
  let runs = 0;
  way.breaksAfter = (text) => text.includes('commit');

  const changing = database
    .transaction(async (db) => {
      runs += 1;
      await limit(40 + runs)(db);
    })
    .finally(() => {
      way.breaksAfter = undefined;
    });

  await assert.rejects(changing, (error: unknown) => {
    assert(error instanceof RetryLaterError);
    assert.match(error.message, /is not known/);
    return true;
  });
  assert.equal(runs, 1);
  // This one did.
  assert.equal((await findOverrides(database.read, 'project')).get('image_count_total'), 41);
});

test('what remembers tokens trusts nothing while it cannot hear of changes', async () => {
  await using database = await openAt(url());
  const { processes } = database;
  const heard = [processes.identityChanges(), processes.identityChanges()];

  way.cut();
  await later(50);
  const deaf = [processes.identityChanges(), processes.identityChanges()];
  way.mend();

  assert.equal(heard[0], heard[1]);
  assert.notEqual(deaf[0], deaf[1]);
});

test('nor does it when its connection falls silent without breaking', async () => {
  const told = clientConfig({ address: addressIn(url()), times: patient, readOnly: false });
  const config = { ...told, query_timeout: 1000 };
  await using presence = await keepPresence({
    id: randomUUID(),
    open: () => openClient(config),
    interval: 20,
    mostSilent: 100,
    report: () => undefined,
  });

  way.stall();
  await later(200);
  const silent = [presence.identityChanges(), presence.identityChanges()];
  way.mend();

  assert.notEqual(silent[0], silent[1]);
});

test('changes that wait for each other in a circle both take effect', async () => {
  await using database = await openAt(store.url);
  await database.transaction(async (db) => {
    for (const project of ['a', 'b']) await setOverride(db, project, ['image_count_total', 0]);
  });
  const both = Promise.withResolvers<void>();
  let waiting = 0;
  const add = (first: string, second: string) =>
    database.transaction(async (db) => {
      const more = (project: string) =>
        sql`update project_quotas set value = value + 1 where project_id = ${project}`.execute(db);
      await more(first);
      waiting += 1;
      if (waiting === 2) both.resolve();
      await both.promise;
      await more(second);
    });

  await Promise.all([add('a', 'b'), add('b', 'a')]);

  for (const project of ['a', 'b']) {
    assert.equal((await findOverrides(database.read, project)).get('image_count_total'), 2);
  }
});

test('what a statement or a lock takes too long for is told as busy, and nothing of it stays', async () => {
  await using database = await openAt(store.url, {
    times: { connect: 5000, statement: 300, lock: 100 },
  });
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await database.transaction(limit(1));
  const holder = database.transaction(async (db) => {
    await limit(2)(db);
    locked.resolve();
    await release.promise;
  });
  await locked.promise;

  const waited = database.transaction(limit(3));
  await assert.rejects(waited, /too busy/);
  release.resolve();
  await holder;
  await assert.rejects(
    database.transaction((db) => sql`select pg_sleep(5)`.execute(db)),
    /too busy/,
  );

  assert.equal((await findOverrides(database.read, 'project')).get('image_count_total'), 2);
});

test('the connections for reading cannot write', async () => {
  await using database = await openAt(store.url);

  await assert.rejects(limit(1)(database.read), /read-only transaction/);
});

test('a slow query does not hold up those after it', async () => {
  await using database = await openAt(store.url);
  const order: string[] = [];

  const slow = sql`select pg_sleep(0.5)`.execute(database.read).then(() => order.push('slow'));
  await later(50);
  await Promise.all(
    Array.from({ length: 5 }, () =>
      sql`select 1`.execute(database.read).then(() => order.push('quick')),
    ),
  );
  await slow;

  assert.equal(order.at(-1), 'slow');
  assert.equal(order.length, 6);
});
