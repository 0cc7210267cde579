import assert from 'node:assert/strict';
import { mkdtemp, open, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { commitCounts } from './commit-counts.ts';
import { type Connection, type Database, openDatabase } from './database.ts';
import { durableReads } from './durable-reads.ts';
import { GroupCommit } from './group-commit.ts';
import { type LogSync, openLogSync } from './log-sync.ts';
import { openSqlite, runAtOnce, sqliteConnection } from './node-sqlite.ts';
import { findOverrides, setOverride } from './quotas.ts';
import { guardOf } from './sqlite-failures.ts';
import { turns } from './turns.ts';

const limit = (projectId: string, value: number) => (db: Connection) =>
  setOverride(db, projectId, ['image_count_total', value]);

async function limitOf(db: Connection, projectId: string): Promise<number | undefined> {
  return (await findOverrides(db, projectId)).get('image_count_total');
}

async function emptyFolder() {
  const path = await mkdtemp(join(tmpdir(), 'vitrine-durability-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Changes of a database of its own, whose syncs wait until they are let go on. */
async function heldUp(logOf: (path: string) => string = (path) => path) {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await emptyFolder());
  const path = join(folder.path, 'vitrine.db');
  await (await openDatabase(path)).close();
  const failures: unknown[] = [];
  const guard = guardOf((cause) => failures.push(cause));
  const file = openSqlite(path, { readOnly: false, guard });
  file.leaveSyncs();
  const write = sqliteConnection(file, runAtOnce(file));
  const openReader = () => openSqlite(path, { readOnly: true, guard });
  const reads = durableReads(openReader(), openReader());
  const read = sqliteConnection(reads, runAtOnce(reads));
  await symlink('/dev/null', join(folder.path, 'unsyncable-wal'));
  const log = openLogSync(logOf(path), guard);
  const syncs: PromiseWithResolvers<void>[] = [];
  const heldLog: Pick<LogSync, 'sync'> = {
    async sync() {
      const held = Promise.withResolvers<void>();
      syncs.push(held);
      if (failures.length === 0) await held.promise;
      await log.sync();
    },
  };
  const commits = new GroupCommit({
    counts: commitCounts(),
    write,
    file,
    log: heldLog,
    reads,
    checkpoints: { consider() {}, due: () => undefined },
    turns: turns(() => false, { count: 0 }),
  });
  parts.defer(async () => {
    await log.close();
    await read.destroy();
    await write.destroy();
  });
  const owned = parts.move();
  return {
    commits,
    read,
    failures,
    /** Resolves when that many syncs have begun. */
    async begun(count: number) {
      while (syncs.length < count) await nextTurn();
    },
    letGo: (sync: number) => syncs[sync - 1]?.resolve(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Whether a promise has settled by now; what follows of what has happened takes a few turns. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  return settled;
}

test('a change is neither told of nor seen before it is on stable storage', async () => {
  await using db = await heldUp();
  const change = db.commits.transaction(limit('project', 1));
  await db.begun(1);

  assert.equal(await hasSettled(change), false);
  assert.equal(await limitOf(db.read, 'project'), undefined);

  db.letGo(1);
  await change;
  assert.equal(await limitOf(db.read, 'project'), 1);
});

test('the next changes run while the disk is waited for, and are not seen with those that it has taken', async () => {
  await using db = await heldUp();
  const first = db.commits.transaction(limit('project', 1));
  await db.begun(1);
  const seen: (number | undefined)[] = [];
  const second = db.commits.transaction(async (connection) => {
    seen.push(await limitOf(connection, 'project'));
    await limit('project', 2)(connection);
  });

  assert.equal(await hasSettled(second), false);
  assert.deepEqual(seen, [1]);
  db.letGo(1);
  await first;
  assert.equal(await limitOf(db.read, 'project'), 1);

  await db.begun(2);
  db.letGo(2);
  await second;
  assert.equal(await limitOf(db.read, 'project'), 2);
});

test('what changes nothing is answered behind what it has seen, and syncs nothing', async () => {
  await using db = await heldUp();
  const change = db.commits.transaction(limit('project', 1));
  await db.begun(1);
  const look = db.commits.transaction((connection) => limitOf(connection, 'project'));
  const refusal = db.commits.transaction(() => Promise.reject(new Error('refused')));

  assert.equal(await hasSettled(Promise.race([look, refusal])), false);

  db.letGo(1);
  await change;
  assert.equal(await look, 1);
  await assert.rejects(refusal, /refused/);
  await db.commits.settled();
});

test('after a failed sync nobody is told of a success, then or later, and the failure is told once', async () => {
  const unsyncable = (path: string) => join(path, '..', 'unsyncable');
  await using db = await heldUp(unsyncable);
  const together = [1, 2].map((n) => db.commits.transaction(limit(`project-${n}`, n)));
  await db.begun(1);
  const meanwhile = db.commits.transaction(limit('project-3', 3));
  const look = db.commits.transaction((connection) => limitOf(connection, 'project-1'));
  db.letGo(1);

  const settled = await Promise.allSettled([...together, meanwhile, look]);
  const later = db.commits.transaction(limit('project-4', 4));

  for (const one of settled) {
    assert.equal(one.status, 'rejected');
    assert.equal(one.reason.code, 'DatabaseUnavailable');
  }
  await assert.rejects(later, { code: 'DatabaseUnavailable' });
  await assert.rejects(limitOf(db.read, 'project-1'), { code: 'DatabaseUnavailable' });
  assert.equal(db.failures.length, 1);
});

test('after a failed sync nobody is told of what rests on the change either', async () => {
  await using db = await heldUp((path) => join(path, '..', 'unsyncable'));
  const change = db.commits.transaction(limit('project-1', 1));
  await db.begun(1);
  const nothingElse = db.commits.transaction((connection) => limitOf(connection, 'project-1'));
  const refusal = db.commits.transaction(() => Promise.reject(new Error('it is there')));
  const settled = Promise.allSettled([change, nothingElse, refusal]);
  assert.equal(await hasSettled(Promise.race([nothingElse, refusal])), false);
  db.letGo(1);

  for (const one of await settled) {
    assert.equal(one.status, 'rejected');
    assert.equal(one.reason.code, 'DatabaseUnavailable');
  }
});

test('when the database is closed whoever still asks is refused', async () => {
  await using folder = await emptyFolder();
  const database = await openDatabase(join(folder.path, 'vitrine.db'));
  await database.close();

  await assert.rejects(database.transaction(limit('project', 1)));
});

test('a database is closed once, however often it is asked to', async () => {
  await using folder = await emptyFolder();
  const database = await openDatabase(join(folder.path, 'vitrine.db'));

  await database.close();
  // The descriptors that the database had are other files' now.
  const files = await Promise.all(
    Array.from({ length: 20 }, (_, n) => open(join(folder.path, `${n}`), 'w')),
  );
  await database.close();

  for (const file of files) await file.close();
});

test('a change that fails amid its work is undone alone, and the others of its group run again', async () => {
  await using db = await heldUp();
  let runs = 0;
  const changes = [
    db.commits.transaction(async (connection) => {
      runs += 1;
      await limit('before', 1)(connection);
    }),
    db.commits.transaction(async (connection) => {
      await limit('failed', 2)(connection);
      throw new Error('amid its work');
    }),
    db.commits.transaction(limit('behind', 3)),
  ];
  await db.begun(1);
  db.letGo(1);

  const settled = await Promise.allSettled(changes);

  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  assert.equal(runs, 2);
  const found = await Promise.all(
    ['before', 'failed', 'behind'].map((project) => limitOf(db.read, project)),
  );
  assert.deepEqual(found, [1, undefined, 3]);
});

/** Changes and reads without a pause, by several at once; gives the largest size of the log that was seen. */
async function keepBusy(database: Database, path: string, changes: number): Promise<number> {
  let largest = 0;
  let next = 0;
  const lane = async () => {
    while (next < changes) {
      next += 1;
      const n = next;
      await database.transaction(limit(`project-${n}`, n));
      assert.equal(await limitOf(database.read, `project-${n}`), n);
      largest = Math.max(largest, (await stat(`${path}-wal`)).size);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return largest;
}

test('the log is brought into the file and begun anew beside readers and writers, and so stays small', async () => {
  await using folder = await emptyFolder();
  const path = join(folder.path, 'vitrine.db');
  const logSize = 64 * 1024;
  const changes = 400;
  // What makes the tables is in the log as well.
  await (await openDatabase(path)).close();
  const database = await openDatabase(path, { logSize });
  const before = (await stat(path)).size;

  const largest = await keepBusy(database, path, changes);

  // Each commit writes two pages at least.
  assert(largest < 8 * logSize, `the log grew to ${largest} bytes`);
  assert((await stat(path)).size > before, 'nothing came into the file');
  await database.close();
  await using again = await openDatabase(path);
  assert.equal(await limitOf(again.read, `project-${changes}`), changes);
});
