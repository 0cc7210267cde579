import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../../database/database.ts';
import { lockIdentity, tellIdentityChange } from '../../database/locks.ts';

/** What every use case of the embedded identity service works on. */
export interface IdentityContext {
  readonly database: Database;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Counts the changes that this process makes and hears of: what was read under an earlier count may be out of date. */
  readonly version: () => number;
  /**
   * Changes users, projects, roles or tokens in one transaction; what was remembered of tokens is
   * forgotten before the promise settles, so the change holds for the very next request.
   */
  change<T>(work: (db: Connection) => Promise<T>): Promise<T>;
}

/** A context on `database`, by the clock `now`. */
export function identityContext(database: Database, now: () => number): IdentityContext {
  let version = 0;
  return {
    database,
    now,
    version: () => version + database.processes.identityChanges(),
    async change(work) {
      try {
        return await database.transaction(async (db) => {
          await lockIdentity(db);
          const result = await work(db);
          await tellIdentityChange(db);
          return result;
        });
      } finally {
        version += 1;
      }
    },
  };
}

/** An id as Keystone makes them: 128 random bits (less the UUID's fixed six), 32 hex digits. */
export function newId(): string {
  return randomUUID().replaceAll('-', '');
}
