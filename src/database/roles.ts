import type { ExpressionBuilder, Selectable } from 'kysely';
import type { Role, RoleAssignment, RoleTarget } from '../domain/role.ts';
import type { Connection } from './database.ts';
import { orderOfAdding } from './dialect.ts';
import type { RoleAssignmentRow } from './identity-tables.ts';
import type { Tables } from './tables.ts';

/** Roles by name. */
export async function listRoles(db: Connection): Promise<Role[]> {
  return await db.selectFrom('roles').selectAll().orderBy('name').execute();
}

/** The role of that id, or undefined. */
export async function findRole(db: Connection, id: string): Promise<Role | undefined> {
  return await db.selectFrom('roles').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Adds a role. */
export async function insertRole(db: Connection, role: Role): Promise<void> {
  await db
    .insertInto('roles')
    .values({ ...role })
    .execute();
}

/** Replaces what is known of a role; its id stays. */
export async function updateRole(db: Connection, { id, ...values }: Role): Promise<void> {
  await db.updateTable('roles').set(values).where('id', '=', id).execute();
}

/** Removes a role and every assignment of it. */
export async function deleteRole(db: Connection, id: string): Promise<void> {
  await db.deleteFrom('roles').where('id', '=', id).execute();
}

/** What a list of assignments is narrowed to; what is left out does not narrow. */
export interface AssignmentFilter {
  readonly userId?: string | undefined;
  readonly roleId?: string | undefined;
  readonly target?: RoleTarget | undefined;
}

/** Who holds which role where, implied roles aside. */
export async function listAssignments(
  db: Connection,
  filter: AssignmentFilter,
): Promise<RoleAssignment[]> {
  const { userId, roleId, target } = filter;
  let query = db.selectFrom('role_assignments').selectAll();
  if (userId !== undefined) query = query.where('user_id', '=', userId);
  if (roleId !== undefined) query = query.where('role_id', '=', roleId);
  if (target !== undefined) query = query.where((eb) => on(eb, target));
  const rows = await query.orderBy(orderOfAdding(db)).execute();
  return rows.map(assignmentFromRow);
}

/** Gives a role; giving it again changes nothing. */
export async function insertAssignment(db: Connection, assignment: RoleAssignment): Promise<void> {
  await db
    .insertInto('role_assignments')
    .values({
      user_id: assignment.userId,
      role_id: assignment.roleId,
      ...columns(assignment.target),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Takes a role away; false when it was not held. */
export async function deleteAssignment(
  db: Connection,
  assignment: RoleAssignment,
): Promise<boolean> {
  const result = await db
    .deleteFrom('role_assignments')
    .where('user_id', '=', assignment.userId)
    .where('role_id', '=', assignment.roleId)
    .where((eb) => on(eb, assignment.target))
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

function on(eb: ExpressionBuilder<Tables, 'role_assignments'>, target: RoleTarget) {
  const { project_id, domain_id } = columns(target);
  return eb.and([
    eb('project_id', 'is not distinct from', project_id),
    eb('domain_id', 'is not distinct from', domain_id),
  ]);
}

function columns(target: RoleTarget): Pick<RoleAssignmentRow, 'project_id' | 'domain_id'> {
  return {
    project_id: target.kind === 'project' ? target.projectId : null,
    domain_id: target.kind === 'domain' ? target.domainId : null,
  };
}

function assignmentFromRow(row: Selectable<RoleAssignmentRow>): RoleAssignment {
  return { userId: row.user_id, roleId: row.role_id, target: targetFromRow(row) };
}

function targetFromRow(row: Selectable<RoleAssignmentRow>): RoleTarget {
  if (row.project_id !== null) return { kind: 'project', projectId: row.project_id };
  if (row.domain_id !== null) return { kind: 'domain', domainId: row.domain_id };
  return { kind: 'system' };
}
