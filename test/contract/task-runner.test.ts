import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { freeAllLeases } from '../../src/database/leases.ts';
import { beginTask, claimTasks } from '../../src/database/task-claims.ts';
import { findTask, insertTask } from '../../src/database/tasks.ts';
import { DomainError } from '../../src/domain/errors.ts';
import { isOver, type Task } from '../../src/domain/task.ts';
import { type TaskWork, taskRunner } from '../../src/service/task-runner.ts';
import { sweepTokens, taskTokens } from '../../src/service/task-tokens.ts';
import { emptyDatabase, type TestDatabase } from '../support/database.ts';
import { callerOf } from '../support/domain.ts';
import { taskWith } from '../support/tasks.ts';

const hour = 3600_000;

function runnerOn({ database }: TestDatabase, work: TaskWork, reports: unknown[] = []) {
  return taskRunner({
    database,
    works: { api_image_import: work },
    atOnce: 2,
    timeToLive: hour,
    clock: () => new Date(),
    report: (message, cause) => reports.push([message, cause]),
  });
}

/** Work that only counts how often it is done, and how often given up. */
function countingWork() {
  const done: string[] = [];
  const givenUp: string[] = [];
  const work: TaskWork = {
    async run(run) {
      await run.transaction((db) => run.succeed(db, { done: true }));
      done.push(run.task.id);
    },
    async giveUp(run, message) {
      givenUp.push(message);
      await run.transaction((db) => run.fail(db, message));
    },
  };
  return { work, done, givenUp };
}

async function ended({ database }: TestDatabase, id: string): Promise<Task> {
  for (;;) {
    const task = await findTask(database.read, id, new Date());
    assert(task);
    if (isOver(task.status)) return task;
    await new Promise(setImmediate);
  }
}

test('a task is done by one of two runners, once, and remembered for a while', async () => {
  await using db = await emptyDatabase();
  const tasks = Array.from({ length: 20 }, () => taskWith());
  await db.database.transaction(async (connection) => {
    for (const task of tasks) await insertTask(connection, task);
  });
  const { work, done } = countingWork();
  await using _one = runnerOn(db, work).start();
  await using _two = runnerOn(db, work).start();

  const over = await Promise.all(tasks.map(({ id }) => ended(db, id)));

  assert.deepEqual(done.toSorted(), tasks.map(({ id }) => id).toSorted());
  for (const { status, result, message, expiresAt, updatedAt } of over) {
    assert.deepEqual(
      { status, result, message },
      { status: 'success', result: { done: true }, message: '' },
    );
    assert.equal(expiresAt?.getTime(), updatedAt.getTime() + hour);
  }
  const later = new Date(Date.now() + 2 * hour);
  assert.equal(await findTask(db.database.read, tasks[0]?.id ?? '', later), undefined);
});

/** Begins what there is as a process does that dies at it. */
async function beginAndDie(
  { database }: TestDatabase,
  holder = 'dead',
): Promise<number | undefined> {
  return await database.transaction(async (db) => {
    const [lease] = await claimTasks(db, { holder, ttl: hour, limit: 1 });
    return lease && (await beginTask(db, lease, new Date()))?.number;
  });
}

function freed(db: Connection): Promise<void> {
  return freeAllLeases(db, 'tasks');
}

test('a task whose process died is done again', async () => {
  await using db = await emptyDatabase();
  const task = taskWith();
  await db.database.transaction((connection) => insertTask(connection, task));
  assert.equal(await beginAndDie(db), 1);
  assert.equal((await findTask(db.database.read, task.id, new Date()))?.status, 'processing');
  assert.equal(await beginAndDie(db, 'another'), undefined, 'it can be claimed twice');
  await db.database.transaction(freed);
  const { work, done } = countingWork();

  await using _runner = runnerOn(db, work).start();

  assert.equal((await ended(db, task.id)).status, 'success');
  assert.deepEqual(done, [task.id]);
});

test('a task during which processes die again and again is given up', async () => {
  await using db = await emptyDatabase();
  const task = taskWith();
  await db.database.transaction((connection) => insertTask(connection, task));
  const { work, done, givenUp } = countingWork();
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    assert.equal(await beginAndDie(db), attempt);
    await db.database.transaction(freed);
  }

  await using _runner = runnerOn(db, work).start();
  const { status, message } = await ended(db, task.id);

  assert.equal(status, 'failure');
  assert.match(message, /ended several times/);
  assert.deepEqual([done, givenUp.length], [[], 1]);
});

for (const [cause, message, reported] of [
  [new DomainError('QuotaExceeded', 'There is no room.'), 'There is no room.', 0],
  [new Error('secret'), 'The service has met an error it did not expect.', 1],
] as const) {
  test(`a task that fails by ${cause.name} tells people: ${message}`, async () => {
    await using db = await emptyDatabase();
    const task = taskWith();
    await db.database.transaction((connection) => insertTask(connection, task));
    const { work } = countingWork();
    const reports: unknown[] = [];
    const failing = { ...work, run: () => Promise.reject(cause) };

    await using _runner = runnerOn(db, failing, reports).start();
    const over = await ended(db, task.id);

    assert.deepEqual([over.status, over.message, reports.length], ['failure', message, reported]);
  });
}

test('a task that the end of the service cuts off waits for the next start, as if never begun', async () => {
  await using db = await emptyDatabase();
  const task = taskWith();
  await db.database.transaction((connection) => insertTask(connection, task));
  const begun = Promise.withResolvers<void>();
  const { work, givenUp } = countingWork();
  const waiting: TaskWork = {
    ...work,
    async run({ signal }) {
      begun.resolve();
      await once(signal, 'abort');
      signal.throwIfAborted();
    },
  };
  {
    await using _runner = runnerOn(db, waiting).start();
    await begun.promise;
  }

  assert.deepEqual([await beginAndDie(db), givenUp], [1, []]);
});

/** Claims all that there is; resolves to the ids of the tasks. */
async function claimedBy({ database }: TestDatabase, holder: string): Promise<readonly string[]> {
  const claim = { holder, ttl: hour, limit: 10 };
  const leases = await database.transaction((db) => claimTasks(db, claim));
  return leases.map(({ key }) => key);
}

test('a task that needs a token is for the process that has it, as long as that is there', async () => {
  await using db = await emptyDatabase();
  const [own, anybodys] = [taskWith(), taskWith()];
  const sayHere = (seenAt: number) =>
    db.database.transaction(async (connection) => {
      const seen = { id: 'owner', started_at: 0, seen_at: seenAt, schema_step: null };
      await connection.deleteFrom('processes').where('id', '=', 'owner').execute();
      await connection.insertInto('processes').values(seen).execute();
    });
  await db.database.transaction(async (connection) => {
    await insertTask(connection, own, 'owner');
    await insertTask(connection, anybodys);
  });
  await sayHere(Date.now());

  assert.deepEqual(await claimedBy(db, 'another'), [anybodys.id]);
  assert.deepEqual(await claimedBy(db, 'owner'), [own.id]);

  await db.database.transaction(freed);
  assert.deepEqual(await claimedBy(db, 'another'), [anybodys.id], 'a lease ran out');
  await sayHere(Date.now() - 61_000);
  assert.deepEqual(await claimedBy(db, 'another'), [own.id], 'the process is gone');
});

test('an order with a token notes by which process it was taken', async () => {
  await using db = await emptyDatabase();
  const { work } = countingWork();
  const runner = runnerOn(db, work);
  const caller = callerOf('project', 'member');
  const order = { type: 'export', imageId: null, input: {}, caller, requestId: 'req-1' } as const;

  const holders = await db.database.transaction(async (connection) => {
    await runner.order(connection, order);
    await runner.order(connection, { ...order, needsToken: true });
    return await connection.selectFrom('tasks').select('token_holder').execute();
  });

  assert.deepEqual(
    new Set(holders.map((row) => row.token_holder)),
    new Set([db.database.processes.id, null]),
  );
});

test('tokens are forgotten with their task, whoever has ended it', async () => {
  await using db = await emptyDatabase();
  const tokens = taskTokens();
  const [open, over] = [taskWith(), taskWith({ status: 'success' })];
  await db.database.transaction(async (connection) => {
    await insertTask(connection, open);
    await insertTask(connection, over);
  });
  for (const id of [open.id, over.id, 'forgotten']) {
    tokens.hold(id, { caller: callerOf('project', 'member'), token: `token of ${id}` });
  }

  await sweepTokens({ tokens, database: db.database });

  assert.deepEqual(tokens.held(), [open.id]);
});

test('whoever lost a task changes nothing any more', async () => {
  await using db = await emptyDatabase();
  const task = taskWith();
  await db.database.transaction((connection) => insertTask(connection, task));
  const outcomes: unknown[] = [];
  const begun = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  const { work } = countingWork();
  const slow: TaskWork = {
    ...work,
    async run(run) {
      begun.resolve();
      await taken.promise;
      await run
        .transaction(async () => outcomes.push('changed'))
        .catch((error) => outcomes.push(error.name));
    },
  };
  await using _runner = runnerOn(db, slow).start();
  await begun.promise;
  await db.database.transaction(freed);
  assert.equal(await beginAndDie(db, 'another'), 2);
  taken.resolve();
  while (outcomes.length === 0) await new Promise(setImmediate);

  assert.deepEqual(outcomes, ['TaskLostError']);
});
