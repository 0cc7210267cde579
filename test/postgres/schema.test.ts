import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { emptyDatabase } from '../support/database.ts';
import { openAt, postgresDatabase } from '../support/postgres/databases.ts';

/** The names of the columns of each table, but for the key that SQLite has without naming it. */
async function columnsOf(db: Connection): Promise<Readonly<Record<string, readonly string[]>>> {
  const tables = await db.introspection.getTables();
  const columns = tables.map(({ name, columns }) => [
    name,
    columns
      .map((column) => column.name)
      .filter((column) => `${name}.${column}` !== 'role_assignments.id')
      .toSorted(),
  ]);
  return Object.fromEntries(columns);
}

test('PostgreSQL has the tables and columns that SQLite has: a step of the one needs one of the other', async () => {
  await using sqlite = await emptyDatabase();
  await using store = await postgresDatabase();
  await using postgres = await openAt(store.url);

  const expected = await columnsOf(sqlite.database.read);

  assert.deepEqual(await columnsOf(postgres.read), expected);
  assert.ok(Object.keys(expected).length > 15);
});
