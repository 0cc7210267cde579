import type { Connection } from './database.ts';

/** Whether the token of that audit id was revoked. */
export async function isRevoked(db: Connection, auditId: string): Promise<boolean> {
  const row = await db
    .selectFrom('revoked_tokens')
    .select('audit_id')
    .where('audit_id', '=', auditId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Revokes a token; the row may go once `expiresAt` is so long past that nothing accepts the token any more. */
export async function insertRevocation(
  db: Connection,
  auditId: string,
  expiresAt: Date,
): Promise<void> {
  await db
    .insertInto('revoked_tokens')
    .values({ audit_id: auditId, expires_at: expiresAt.getTime() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Forgets the tokens whose expiry lies before `now`. */
export async function deleteSpentRevocations(db: Connection, now: Date): Promise<void> {
  await db.deleteFrom('revoked_tokens').where('expires_at', '<', now.getTime()).execute();
}
