import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { claimTask, releaseTasksOf } from '../../src/database/task-claims.ts';
import { findTask, insertTask } from '../../src/database/tasks.ts';
import { DomainError } from '../../src/domain/errors.ts';
import { isOver, type Task } from '../../src/domain/task.ts';
import { type TaskWork, taskRunner } from '../../src/service/task-runner.ts';
import { emptyDatabase, type TestDatabase } from '../support/database.ts';
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
  await using _one = await runnerOn(db, work).start();
  await using _two = await runnerOn(db, work).start();

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

test('a task whose process died is done again by the next one of that data folder', async () => {
  await using db = await emptyDatabase();
  const { database } = db;
  const task = taskWith();
  await database.transaction((connection) => insertTask(connection, task));
  const claim = await database.transaction((connection) =>
    claimTask(connection, database.processes.id, new Date()),
  );
  assert.equal(claim?.task.status, 'processing');
  const { work, done } = countingWork();

  await using _runner = await runnerOn(db, work).start();

  assert.equal((await ended(db, task.id)).status, 'success');
  assert.deepEqual(done, [task.id]);
});

test('a task during which processes die again and again is given up', async () => {
  await using db = await emptyDatabase();
  const { database } = db;
  const task = taskWith();
  await database.transaction((connection) => insertTask(connection, task));
  const { work, done, givenUp } = countingWork();
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const claim = await database.transaction((connection) =>
      claimTask(connection, database.processes.id, new Date()),
    );
    assert.equal(claim?.attempt, attempt);
    const none = await database.transaction((connection) =>
      claimTask(connection, database.processes.id, new Date()),
    );
    assert.equal(none, undefined, 'it can be claimed twice');
    await database.transaction((connection) => releaseTasksOf(connection, database.processes.id));
  }

  await using _runner = await runnerOn(db, work).start();
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

    await using _runner = await runnerOn(db, failing, reports).start();
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
    await using _runner = await runnerOn(db, waiting).start();
    await begun.promise;
  }

  const claim = await db.database.transaction((connection) =>
    claimTask(connection, '', new Date()),
  );

  assert.deepEqual([claim?.attempt, givenUp], [1, []]);
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
  await using _runner = await runnerOn(db, slow).start();
  await begun.promise;
  const { processes } = db.database;
  await db.database.transaction((connection) => releaseTasksOf(connection, processes.id));
  await db.database.transaction((connection) => claimTask(connection, 'another', new Date()));
  taken.resolve();
  while (outcomes.length === 0) await new Promise(setImmediate);

  assert.deepEqual(outcomes, ['TaskLostError']);
});
