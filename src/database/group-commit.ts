import { CompiledQuery } from 'kysely';
import type { Connection } from './database.ts';

/** A change that waits for its turn, and whoever waits for it. */
interface Waiting {
  readonly change: (db: Connection) => Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (cause: unknown) => void;
}

/** Bounds how long the first change of a group waits for the last. */
const maxGroup = 64;

const savepoint = CompiledQuery.raw('savepoint one_change');
const release = CompiledQuery.raw('release one_change');
const undo = CompiledQuery.raw('rollback to one_change');

/**
 * Runs changes on `write` one after another, and commits those that came in together at once: a commit
 * waits for the disk, and does so for many changes as long as for one.
 *
 * Each change still is a transaction of its own: it takes effect whole or not at all, whatever becomes of
 * the others, and its promise settles only once its group is on stable storage.
 *
 * @param tidy called after each group, once its callers are told; what it throws is for itself to tell
 */
export function groupCommit(
  write: Connection,
  tidy: () => void = () => {},
): <T>(change: (db: Connection) => Promise<T>) => Promise<T> {
  let waiting: Waiting[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, maxGroup);
      waiting = waiting.slice(maxGroup);
      await commit(write, group);
      tidyUp();
    }
    isRunning = false;
  }

  function tidyUp(): void {
    try {
      tidy();
    } catch {
      // The changes are saved, and what stands in the way of tidying will be in theirs.
    }
  }

  return (change) =>
    new Promise((resolve, reject) => {
      waiting.push({ change, resolve, reject });
      if (isRunning) return;
      isRunning = true;
      // By then every request that has arrived has been read.
      setImmediate(() => void run());
    });
}

async function commit(write: Connection, group: readonly Waiting[]): Promise<void> {
  const settles: (() => void)[] = [];
  try {
    await write.transaction().execute(async (db) => {
      for (const one of group) settles.push(await runAlone(db, one));
    });
  } catch (cause) {
    // Nothing of the group has been kept, not even what was refused for the sake of what came before it.
    for (const { reject } of group) reject(cause);
    return;
  }
  for (const settle of settles) settle();
}

/** Runs one change of a group, undoes it alone when it fails, and gives what tells its caller. */
async function runAlone(db: Connection, one: Waiting): Promise<() => void> {
  await db.executeQuery(savepoint);
  try {
    const result = await one.change(db);
    await db.executeQuery(release);
    return () => one.resolve(result as never);
  } catch (cause) {
    try {
      await db.executeQuery(undo);
      await db.executeQuery(release);
    } catch {
      // The database has undone the whole group by itself, for this reason.
      throw cause;
    }
    return () => one.reject(cause);
  }
}
