import { randomBytes } from 'node:crypto';
import type { Database } from './database.ts';

/** The secret of that name, the same for every process on the database; made when it is first asked for. */
export async function getSecret({ read, write }: Database, name: string): Promise<Buffer> {
  const find = (db: Database['read']) =>
    db.selectFrom('secrets').select('value').where('name', '=', name).executeTakeFirst();
  const known = await find(read);
  if (known) return Buffer.from(known.value, 'base64url');
  const value = randomBytes(32).toString('base64url');
  await write
    .insertInto('secrets')
    .values({ name, value })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const kept = await find(write);
  return Buffer.from(kept?.value ?? value, 'base64url');
}
