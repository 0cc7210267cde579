import { findApplicationCredential } from '../../database/application-credentials.ts';
import type { Connection } from '../../database/database.ts';
import { findDomain, findProject } from '../../database/projects.ts';
import { isRevoked } from '../../database/revocations.ts';
import { listAssignments, listRoles } from '../../database/roles.ts';
import { findUser } from '../../database/users.ts';
import type { Caller } from '../../domain/caller.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Domain } from '../../domain/project.ts';
import { type Role, withImplied } from '../../domain/role.ts';
import type { Authorization, Session, TokenScope } from '../../domain/session.ts';
import type { ApplicationCredential, User } from '../../domain/user.ts';

/**
 * What a session means at this moment: everything behind it is looked up anew.
 *
 * @throws DomainError `NotAuthenticated` when the token was revoked, the user, project or application
 *   credential is gone or disabled, or no role is left.
 */
export async function findAuthorization(
  db: Connection,
  session: Session,
  now: number,
): Promise<Authorization> {
  const [auditId = ''] = session.auditIds;
  if (await isRevoked(db, auditId)) throw refused('The token was revoked.');

  const user = await findUser(db, session.userId);
  const userDomain = user && (await findDomain(db, user.domainId));
  const current = user?.enabled && user.tokenGeneration === session.tokenGeneration;
  if (!user || !userDomain?.enabled || !current) throw refused('The token was revoked.');

  const credential = await liveCredential(db, session, now);
  const place = await findPlace(db, session.scope);
  const roles = await rolesAt(db, user, session.scope, credential);
  const caller = {
    ...callerOf(session, roles, place.project?.domain ?? null),
    ...(credential?.accessRules && { accessRules: credential.accessRules }),
  };
  return { session, user, userDomain, ...place, roles, credential, caller };
}

/**
 * The roles that `user` can act with at `scope`, implied ones included.
 *
 * @throws DomainError `NotAuthenticated` when there is none.
 */
async function rolesAt(
  db: Connection,
  user: User,
  scope: TokenScope,
  credential: ApplicationCredential | null,
): Promise<Role[]> {
  if (scope.kind === 'unscoped') return [];
  const roles = await listRoles(db);
  const assignments = await listAssignments(db, { userId: user.id, target: scope });
  const given = new Set(assignments.map((assignment) => assignment.roleId));
  const held = withImplied(roles.filter((role) => given.has(role.id)).map((role) => role.name));
  const names = credential ? held.intersection(withImplied(namesOf(roles, credential))) : held;
  if (names.size === 0) throw refused('The user has no role there, or there is no such place.');
  return roles.filter((role) => names.has(role.name));
}

function namesOf(roles: readonly Role[], credential: ApplicationCredential): string[] {
  return roles.filter((role) => credential.roleIds.has(role.id)).map((role) => role.name);
}

async function liveCredential(
  db: Connection,
  session: Session,
  now: number,
): Promise<ApplicationCredential | null> {
  if (session.credentialId === null) return null;
  const credential = await findApplicationCredential(db, session.credentialId);
  if (!credential || (credential.expiresAt && credential.expiresAt.getTime() <= now)) {
    throw refused('The application credential is gone or has expired.');
  }
  return credential;
}

async function findPlace(
  db: Connection,
  scope: TokenScope,
): Promise<Pick<Authorization, 'project' | 'domain'>> {
  if (scope.kind === 'project') {
    const project = await findProject(db, scope.projectId);
    const domain = project && (await findDomain(db, project.domainId));
    if (!project?.enabled || !domain?.enabled) throw refused('The project is gone or disabled.');
    return { project: { project, domain }, domain: null };
  }
  if (scope.kind === 'domain') {
    const domain = await findDomain(db, scope.domainId);
    if (!domain?.enabled) throw refused('The domain is gone or disabled.');
    return { project: null, domain };
  }
  return { project: null, domain: null };
}

function callerOf(session: Session, roles: readonly Role[], projectDomain: Domain | null): Caller {
  const { userId, scope } = session;
  return {
    userId,
    projectId: scope.kind === 'project' ? scope.projectId : null,
    projectDomainId: projectDomain?.id ?? null,
    roles: new Set(roles.map((role) => role.name.toLowerCase())),
    scope: scope.kind,
  };
}

function refused(message: string): DomainError {
  return new DomainError('NotAuthenticated', message);
}
