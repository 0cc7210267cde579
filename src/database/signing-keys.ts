import type { Connection } from './database.ts';

/** A secret that tokens are signed with. */
export interface SigningKey {
  /** The `kid` that a token names its key by. */
  readonly id: string;
  /** 256 random bits, base64url. */
  readonly secret: string;
  readonly createdAt: Date;
}

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
  }));
}

/** Adds a key. */
export async function insertSigningKey(db: Connection, key: SigningKey): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({ id: key.id, secret: key.secret, created_at: key.createdAt.getTime() })
    .execute();
}
