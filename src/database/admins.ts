import type { Connection } from './database.ts';

/** Whether anyone can still log in as an admin, of the system or of a project. */
export async function isAdminLeft(db: Connection): Promise<boolean> {
  const row = await db
    .selectFrom('role_assignments as held')
    .innerJoin('roles', 'roles.id', 'held.role_id')
    .innerJoin('users', 'users.id', 'held.user_id')
    .leftJoin('projects', 'projects.id', 'held.project_id')
    .select('users.id')
    .where('roles.name', '=', 'admin')
    .where('users.enabled', '=', 1)
    .where('users.password_hash', 'is not', null)
    .where((eb) => eb.or([eb('held.project_id', 'is', null), eb('projects.enabled', '=', 1)]))
    .executeTakeFirst();
  return row !== undefined;
}
