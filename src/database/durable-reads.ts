import type { SqliteDatabase, SqliteStatement } from 'kysely';

/**
 * A database as readers see it: they are shown nothing that a power cut could take back, so they stay behind what is
 * committed until it is on stable storage.
 */
export interface DurableReads extends SqliteDatabase {
  /** Whether readers are held to what they see now; else each read sees what is committed by then. */
  readonly isHeld: boolean;
  /** To be called before a commit. */
  hold(): void;
  /** Remembers what is committed now, which is about to be synced. */
  mark(): void;
  /**
   * What was marked is on stable storage: it is shown from now on.
   *
   * @param isAll whether nothing was committed since the mark
   */
  advance(isAll: boolean): void;
}

/** Reads by one of two connections, while the other one is at what will be shown next. */
export function durableReads(one: SqliteDatabase, other: SqliteDatabase): DurableReads {
  let shown = holderOf(one);
  let next = holderOf(other);

  function prepare(sql: string): SqliteStatement {
    const statement = shown.database.prepare(sql);
    const now = () => shown.database.prepare(sql);
    return {
      reader: statement.reader,
      all: (parameters) => now().all(parameters),
      run: (parameters) => now().run(parameters),
      iterate: (parameters) => now().iterate(parameters),
    };
  }

  return {
    prepare,

    get isHeld() {
      return shown.isHeld();
    },

    hold: () => shown.hold(),
    mark: () => next.hold(),

    advance(isAll) {
      [shown, next] = [next, shown];
      next.letGo();
      if (isAll) shown.letGo();
    },

    close() {
      one.close();
      other.close();
    },
  };
}

/** Holds a connection to what is committed at one time. */
function holderOf(database: SqliteDatabase) {
  const begin = database.prepare('begin');
  // A snapshot is taken by the first read.
  const look = database.prepare('select 1 from sqlite_schema limit 1');
  const end = database.prepare('commit');
  let isHeld = false;

  function letGo(): void {
    if (!isHeld) return;
    isHeld = false;
    end.run([]);
  }

  return {
    database,
    isHeld: () => isHeld,
    letGo,

    hold() {
      if (isHeld) return;
      begin.run([]);
      isHeld = true;
      try {
        look.all([]);
      } catch (cause) {
        letGo();
        throw cause;
      }
    },
  };
}
