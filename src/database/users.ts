import { type Selectable, sql } from 'kysely';
import type { FailedLogins } from '../domain/lockout.ts';
import type { User } from '../domain/user.ts';
import type { Connection } from './database.ts';
import { jsonTexts } from './dialect.ts';
import type { UserRow } from './identity-tables.ts';
import { prepared } from './prepared.ts';

/** The user of that id, or undefined. */
export async function findUser(db: Connection, id: string): Promise<User | undefined> {
  const row = await db.selectFrom('users').select(known).where('id', '=', id).executeTakeFirst();
  return row && userFromRow(row);
}

const selectNames = prepared<{ ids: string }, { id: string; name: string }>((db, value) =>
  db
    .selectFrom('users')
    .select(['id', 'name'])
    .where('id', 'in', sql<string>`(select value from ${jsonTexts(db, sql.val(value('ids')))})`),
);

/** The names of these users, as far as there are any. */
export async function listUserNames(
  db: Connection,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await selectNames(db, { ids: JSON.stringify(ids) });
  return new Map(rows.map(({ id, name }) => [id, name]));
}

/** What a password is compared with. */
export interface StoredPassword {
  readonly hash: string;
  readonly failed: FailedLogins;
}

/** A user's password; undefined when there is no such user, or it is disabled or has none. */
export async function findPassword(
  db: Connection,
  id: string,
): Promise<StoredPassword | undefined> {
  const row = await db
    .selectFrom('users')
    .select(['password_hash', 'failed_logins', 'failed_login_at'])
    .where('id', '=', id)
    .where('enabled', '=', 1)
    .executeTakeFirst();
  if (!row || row.password_hash === null) return undefined;
  const failed = { count: row.failed_logins, lastAt: row.failed_login_at };
  return { hash: row.password_hash, failed };
}

/** Keeps how often a user has failed to log in of late. */
export async function updateFailedLogins(
  db: Connection,
  id: string,
  { count, lastAt }: FailedLogins,
): Promise<void> {
  const values = { failed_logins: count, failed_login_at: lastAt };
  await db.updateTable('users').set(values).where('id', '=', id).execute();
}

/** What a list of users is narrowed to; what is left out does not narrow. */
export interface UserFilter {
  readonly name?: string | undefined;
  readonly domainId?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** Users by name. */
export async function listUsers(db: Connection, filter: UserFilter): Promise<User[]> {
  const { name, domainId, enabled } = filter;
  let query = db.selectFrom('users').select(known);
  if (name !== undefined) query = query.where('name', '=', name);
  if (domainId !== undefined) query = query.where('domain_id', '=', domainId);
  if (enabled !== undefined) query = query.where('enabled', '=', Number(enabled));
  const rows = await query.orderBy('name').orderBy('id').execute();
  return rows.map(userFromRow);
}

/** Adds a user; null is no password. */
export async function insertUser(
  db: Connection,
  user: User,
  passwordHash: string | null,
): Promise<void> {
  const values = { ...rowFromUser(user), password_hash: passwordHash };
  await db.insertInto('users').values(values).execute();
}

/** Replaces what is known of a user; its id and password stay. */
export async function updateUser(db: Connection, user: User): Promise<void> {
  await db.updateTable('users').set(rowFromUser(user)).where('id', '=', user.id).execute();
}

/** Sets a user's password. */
export async function updatePasswordHash(db: Connection, id: string, hash: string): Promise<void> {
  await db.updateTable('users').set({ password_hash: hash }).where('id', '=', id).execute();
}

/** Removes a user with its roles and application credentials. */
export async function deleteUser(db: Connection, id: string): Promise<void> {
  await db.deleteFrom('users').where('id', '=', id).execute();
}

/** Everything but the password, which is read only to be compared. */
const known = [
  'id',
  'domain_id',
  'name',
  'description',
  'email',
  'enabled',
  'default_project_id',
  'token_generation',
] as const satisfies readonly (keyof UserRow)[];

type KnownRow = Omit<Selectable<UserRow>, 'password_hash' | 'failed_logins' | 'failed_login_at'>;

function userFromRow(row: KnownRow): User {
  return {
    id: row.id,
    domainId: row.domain_id,
    name: row.name,
    description: row.description,
    email: row.email,
    enabled: row.enabled === 1,
    defaultProjectId: row.default_project_id,
    tokenGeneration: row.token_generation,
  };
}

function rowFromUser(user: User): KnownRow {
  return {
    id: user.id,
    domain_id: user.domainId,
    name: user.name,
    description: user.description,
    email: user.email,
    enabled: Number(user.enabled),
    default_project_id: user.defaultProjectId,
    token_generation: user.tokenGeneration,
  };
}
