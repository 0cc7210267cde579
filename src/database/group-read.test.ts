import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { emptyDatabase } from '../../test/support/database.ts';
import { groupRead } from './group-read.ts';
import { openSqlite } from './node-sqlite.ts';
import { findOverrides, setOverride } from './quotas.ts';

/** A reader of a file of its own, and what it was told to do so far. */
async function watchedReader() {
  const opened = await emptyDatabase();
  const sqlite = openSqlite(opened.path, { readOnly: true });
  const told: string[] = [];
  const read = groupRead({
    close: () => sqlite.close(),
    prepare(sql) {
      const statement = sqlite.prepare(sql);
      const noted = <Result>(result: Result): Result => {
        told.push(sql);
        return result;
      };
      return {
        reader: statement.reader,
        all: (parameters) => noted(statement.all(parameters)),
        run: (parameters) => noted(statement.run(parameters)),
        iterate: (parameters) => statement.iterate(parameters),
      };
    },
  });
  let isOpen = true;
  const close = () => {
    if (isOpen) sqlite.close();
    isOpen = false;
  };
  const end = async () => {
    close();
    await opened[Symbol.asyncDispose]();
  };
  return { read, told, close, [Symbol.asyncDispose]: end };
}

test('queries that come in together are answered in order, in one transaction', async () => {
  await using reader = await watchedReader();

  const answers = await Promise.all([1, 2, 3].map((n) => reader.read('select ? as n', [n])));

  assert.deepEqual(
    answers.map(({ rows }) => rows),
    [1, 2, 3].map((n) => [{ n }]),
  );
  assert.deepEqual(reader.told, ['begin', ...Array(3).fill('select ? as n'), 'commit']);
});

test('a query that comes alone needs no transaction, and is answered in the same turn', async () => {
  await using reader = await watchedReader();
  let isAnswered = false;

  void Promise.resolve(reader.read('select 1', [])).then(() => {
    isAnswered = true;
  });
  await nextTurn();

  assert.equal(isAnswered, true);
  assert.deepEqual(reader.told, ['select 1']);
});

test('a group is run once it is full, before the rest has come in', async () => {
  await using reader = await watchedReader();

  const answers = Array.from({ length: 10 }, (_, n) => reader.read('select ? as n', [n]));
  const runAtOnce = reader.told.length;
  const all = await Promise.all(answers);

  assert.equal(runAtOnce, 1 + 8 + 1);
  assert.deepEqual(
    all.flatMap(({ rows }) => rows),
    Array.from({ length: 10 }, (_, n) => ({ n })),
  );
});

test('a query that fails fails alone', async () => {
  await using reader = await watchedReader();

  const [before, failed, after] = await Promise.allSettled([
    reader.read('select 1 as n', []),
    reader.read('select no_such_function()', []),
    reader.read('select 2 as n', []),
  ]);

  assert.equal(failed.status, 'rejected');
  assert.match(String(failed.reason), /no such function/);
  assert.deepEqual([before.status, after.status], ['fulfilled', 'fulfilled']);
  assert.deepEqual(reader.told.at(-1), 'commit');
});

test('when the database is closed meanwhile everybody who waits is told', async () => {
  await using reader = await watchedReader();

  const answers = [1, 2].map((n) => reader.read('select ? as n', [n]));
  reader.close();
  const settled = await Promise.allSettled(answers);

  assert.deepEqual(
    settled.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
});

test('a group sees what was committed before it', async () => {
  await using opened = await emptyDatabase();
  const { database } = opened;

  for (let value = 1; value <= 50; value += 1) {
    await database.transaction((db) => setOverride(db, 'project', ['image_count_total', value]));
    const found = await Promise.all([1, 2].map(() => findOverrides(database.read, 'project')));
    for (const overrides of found) assert.equal(overrides.get('image_count_total'), value);
  }
});
