import type { SqliteFile } from './node-sqlite.ts';

/** The one transaction of a connection, step by step. */
export interface SqliteTransaction {
  begin(): void;
  commit(): void;
  /** Keeps nothing, whatever the state of the transaction. */
  undo(): void;
  isOpen(): boolean;
  /** How many rows it has changed so far, those counted that were changed back. */
  changedRows(): number;
  /**
   * Runs a part of it that can be undone by itself, and is when it fails: then the answer is that of `failed`.
   *
   * @throws the cause where the database has undone the whole transaction for it
   */
  alone<T>(part: () => Promise<T>, failed: (cause: unknown) => T): Promise<T>;
}

export function transactionOn(file: SqliteFile): SqliteTransaction {
  const run = (sql: string) => {
    const statement = file.prepare(sql);
    return () => void statement.run([]);
  };
  const begin = run('begin');
  const commit = run('commit');
  const rollback = run('rollback');
  const savepoint = run('savepoint one_change');
  const release = run('release one_change');
  const undoPart = run('rollback to one_change');
  let before = 0;

  return {
    commit,
    isOpen: () => file.isInTransaction(),
    changedRows: () => file.changes() - before,

    begin() {
      before = file.changes();
      begin();
    },

    undo() {
      try {
        rollback();
      } catch {
        // The next change will be told why.
      }
    },

    async alone(part, failed) {
      savepoint();
      try {
        const result = await part();
        release();
        return result;
      } catch (cause) {
        try {
          undoPart();
          release();
        } catch {
          throw cause;
        }
        return failed(cause);
      }
    },
  };
}
