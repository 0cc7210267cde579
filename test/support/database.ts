import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase } from '../../src/database/database.ts';

/** A database file of its own, without a row. */
export interface TestDatabase extends AsyncDisposable {
  readonly database: Database;
  readonly path: string;
}

export async function emptyDatabase(): Promise<TestDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-database-'));
  const path = join(folder, 'vitrine.db');
  const database = await openDatabase(path);
  return {
    database,
    path,
    async [Symbol.asyncDispose]() {
      await database.close();
      await rm(folder, { recursive: true });
    },
  };
}
