import type { SigningKey } from '../domain/signing-key.ts';
import type { Connection } from './database.ts';

/** Every key, newest first: the first signs, all of them verify. */
export async function listSigningKeys(db: Connection): Promise<SigningKey[]> {
  const rows = await db
    .selectFrom('signing_keys')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    secret: row.secret,
    createdAt: new Date(row.created_at),
    longestLifetime: row.longest_lifetime,
  }));
}

/** Adds a key. */
export async function insertSigningKey(db: Connection, key: SigningKey): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({
      id: key.id,
      secret: key.secret,
      created_at: key.createdAt.getTime(),
      longest_lifetime: key.longestLifetime,
    })
    .execute();
}

/** Keeps that a key signs tokens of that life, ms. */
export async function updateLongestLifetime(
  db: Connection,
  id: string,
  lifetime: number,
): Promise<void> {
  const values = { longest_lifetime: lifetime };
  await db.updateTable('signing_keys').set(values).where('id', '=', id).execute();
}

/** Removes keys: what they signed is of nobody's from then on. */
export async function deleteSigningKeys(db: Connection, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await db.deleteFrom('signing_keys').where('id', 'in', ids).execute();
}
