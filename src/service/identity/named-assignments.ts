import type { Connection } from '../../database/database.ts';
import { listDomains, listProjects } from '../../database/projects.ts';
import { listRoles } from '../../database/roles.ts';
import { listUsers } from '../../database/users.ts';
import type { Domain, Project } from '../../domain/project.ts';
import { type Role, type RoleAssignment, withImplied } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';

/** Who holds which role where, with all their names. */
export interface NamedAssignment {
  readonly user: Within<User>;
  readonly role: Role;
  /** Set when the role is held on a project. */
  readonly project: Within<Project> | null;
  /** Set when the role is held on a domain; with neither it is held on the system. */
  readonly domain: Domain | null;
}

/** A user or project with the domain that it lies in. */
export interface Within<T> {
  readonly itself: T;
  readonly domain: Domain;
}

/** The assignments with those that they imply, each once. */
export function withImpliedAssignments(
  assignments: readonly RoleAssignment[],
  roles: readonly Role[],
): RoleAssignment[] {
  const nameOf = new Map(roles.map((role) => [role.id, role.name]));
  const all = new Map<string, RoleAssignment>();
  for (const { userId, roleId, target } of assignments) {
    const names = withImplied([nameOf.get(roleId) ?? '']);
    for (const { id } of roles.filter((role) => names.has(role.name))) {
      all.set(JSON.stringify([userId, target, id]), { userId, target, roleId: id });
    }
  }
  return [...all.values()];
}

/** The assignments with the names of all that they join. */
export async function nameAssignments(
  db: Connection,
  assignments: readonly RoleAssignment[],
): Promise<NamedAssignment[]> {
  const domains = byId(await listDomains(db));
  const roles = byId(await listRoles(db));
  const users = byId(await listUsers(db, {}));
  const projects = byId(await listProjects(db, {}));

  function within<T extends User | Project>(itself: T | undefined): Within<T> | undefined {
    const domain = itself && domains.get(itself.domainId);
    return domain && { itself, domain };
  }

  return assignments.flatMap(({ userId, roleId, target }) => {
    const user = within(users.get(userId));
    const role = roles.get(roleId);
    // Removed between the two reads, and its assignments with it.
    if (!user || !role) return [];
    const project = target.kind === 'project' ? within(projects.get(target.projectId)) : null;
    const domain = target.kind === 'domain' ? domains.get(target.domainId) : null;
    return project === undefined || domain === undefined ? [] : [{ user, role, project, domain }];
  });
}

function byId<T extends { readonly id: string }>(values: readonly T[]): Map<string, T> {
  return new Map(values.map((value) => [value.id, value]));
}
