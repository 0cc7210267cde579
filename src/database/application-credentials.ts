import type { Selectable } from 'kysely';
import type { AccessRule } from '../domain/access-rule.ts';
import type { ApplicationCredential } from '../domain/user.ts';
import type { Connection } from './database.ts';
import type { ApplicationCredentialRow } from './identity-tables.ts';

/** The application credential of that id, or undefined. */
export async function findApplicationCredential(
  db: Connection,
  id: string,
): Promise<ApplicationCredential | undefined> {
  const row = await db
    .selectFrom('application_credentials')
    .selectAll()
    .where('id', '=', id)
    .executeTakeFirst();
  return row && (await withRoles(db, row));
}

/** The stored hash of an application credential's secret, or undefined. */
export async function findSecretHash(db: Connection, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('application_credentials')
    .select('secret_hash')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.secret_hash;
}

/** A user's application credentials by name. */
export async function listApplicationCredentials(
  db: Connection,
  userId: string,
): Promise<ApplicationCredential[]> {
  const rows = await db
    .selectFrom('application_credentials')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('name')
    .execute();
  const credentials: ApplicationCredential[] = [];
  for (const row of rows) credentials.push(await withRoles(db, row));
  return credentials;
}

/** Adds an application credential with its roles. */
export async function insertApplicationCredential(
  db: Connection,
  credential: ApplicationCredential,
  secretHash: string,
): Promise<void> {
  const { id, name, description } = credential;
  await db
    .insertInto('application_credentials')
    .values({
      id,
      name,
      description,
      user_id: credential.userId,
      project_id: credential.projectId,
      secret_hash: secretHash,
      unrestricted: Number(credential.unrestricted),
      expires_at: credential.expiresAt?.getTime() ?? null,
      access_rules: credential.accessRules && JSON.stringify(credential.accessRules),
    })
    .execute();
  const roles = [...credential.roleIds].map((role_id) => ({ credential_id: id, role_id }));
  await db.insertInto('application_credential_roles').values(roles).execute();
}

/** Removes an application credential. */
export async function deleteApplicationCredential(db: Connection, id: string): Promise<void> {
  await db.deleteFrom('application_credentials').where('id', '=', id).execute();
}

async function withRoles(
  db: Connection,
  row: Selectable<ApplicationCredentialRow>,
): Promise<ApplicationCredential> {
  const roles = await db
    .selectFrom('application_credential_roles')
    .select('role_id')
    .where('credential_id', '=', row.id)
    .execute();
  return {
    id: row.id,
    userId: row.user_id,
    projectId: row.project_id,
    name: row.name,
    description: row.description,
    unrestricted: row.unrestricted === 1,
    expiresAt: row.expires_at === null ? null : new Date(row.expires_at),
    roleIds: new Set(roles.map((role) => role.role_id)),
    accessRules: row.access_rules === null ? null : (JSON.parse(row.access_rules) as AccessRule[]),
  };
}
