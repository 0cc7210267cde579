import { randomBytes } from 'node:crypto';
import type { Connection, Database } from './database.ts';

/** The secret of that name, the same for every process on the database; made when it is first asked for. */
export async function getSecret(database: Database, name: string): Promise<Buffer> {
  const find = (db: Connection) =>
    db.selectFrom('secrets').select('value').where('name', '=', name).executeTakeFirst();
  const known = await find(database.read);
  if (known) return Buffer.from(known.value, 'base64url');
  const value = randomBytes(32).toString('base64url');
  const kept = await database.transaction(async (db) => {
    await db
      .insertInto('secrets')
      .values({ name, value })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return await find(db);
  });
  return Buffer.from(kept?.value ?? value, 'base64url');
}
