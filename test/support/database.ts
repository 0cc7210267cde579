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
  await using parts = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-database-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, 'vitrine.db');
  const database = parts.use(await openDatabase(path));
  const owned = parts.move();
  return { database, path, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
