import { ApiError } from './api-error.ts';
import { findNamed } from './find-named.ts';
import type { Session } from './session.ts';

/** A role as the identity service describes it. */
export interface RoleDocument {
  readonly id: string;
  readonly name: string;
}

/** Who holds a role where, with names; neither project nor domain is the whole system. */
export interface RoleAssignmentDocument {
  readonly user: Named;
  readonly role: Named;
  readonly scope: { readonly project?: Named; readonly domain?: Named };
}

interface Named {
  readonly id: string;
  readonly name: string;
}

/** A role to give or to take; without a project it is on the whole system. */
export interface RoleGrant {
  readonly roleId: string;
  readonly userId: string;
  readonly projectId?: string | undefined;
}

/** Every role. @throws ApiError */
export async function listRoles(session: Session): Promise<readonly RoleDocument[]> {
  const answer = await session.call('identity', { path: '/roles' });
  return (answer as { readonly roles: readonly RoleDocument[] }).roles;
}

/** The role of that id or name. @throws ApiError 404 when there is none. */
export async function getRole(session: Session, nameOrId: string): Promise<RoleDocument> {
  const found = await findNamed<RoleDocument>(session, 'role', nameOrId);
  if (found) return found;
  throw new ApiError(`There is no role ${nameOrId}. See: vitrine role list`, { status: 404 });
}

/** Gives a role; giving it again changes nothing. @throws ApiError */
export async function giveRole(session: Session, grant: RoleGrant): Promise<void> {
  await session.call('identity', { method: 'PUT', path: pathOf(grant) });
}

/** Takes a role away; it counts for tokens that are out already. @throws ApiError 404 when it was not held. */
export async function takeRole(session: Session, grant: RoleGrant): Promise<void> {
  await session.call('identity', { method: 'DELETE', path: pathOf(grant) });
}

/** Who holds which role, narrowed to a user or a project. @throws ApiError */
export async function listRoleAssignments(
  session: Session,
  { userId, projectId }: { readonly userId?: string; readonly projectId?: string },
): Promise<readonly RoleAssignmentDocument[]> {
  const query = new URLSearchParams({ include_names: 'true' });
  if (userId !== undefined) query.set('user.id', userId);
  if (projectId !== undefined) query.set('scope.project.id', projectId);
  const answer = await session.call('identity', { path: `/role_assignments?${query.toString()}` });
  return (answer as { readonly role_assignments: readonly RoleAssignmentDocument[] })
    .role_assignments;
}

function pathOf({ roleId, userId, projectId }: RoleGrant): string {
  const place = projectId === undefined ? 'system' : `projects/${projectId}`;
  return `/${place}/users/${userId}/roles/${roleId}`;
}
