import type { Connection } from '../../database/database.ts';
import { findDomain, findProject } from '../../database/projects.ts';
import {
  type AssignmentFilter,
  deleteAssignment,
  deleteRole,
  findRole,
  insertAssignment,
  insertRole,
  listAssignments,
  listRoles,
  updateRole,
} from '../../database/roles.ts';
import { findUser } from '../../database/users.ts';
import { demand, mayManage, maySeeUser } from '../../domain/identity-policy.ts';
import {
  type Role,
  type RoleAssignment,
  type RoleTarget,
  standardRoles,
} from '../../domain/role.ts';
import type { Authorization } from '../../domain/session.ts';
import { type IdentityContext, newId } from './context.ts';
import { checkNameFree, existing } from './found.ts';
import { checkAdminLeft } from './last-admin.ts';
import {
  type NamedAssignment,
  nameAssignments,
  withImpliedAssignments,
} from './named-assignments.ts';

/** What a list of assignments is narrowed to, and whether it shows the implied ones. */
export interface WantedAssignments extends AssignmentFilter {
  readonly effective: boolean;
}

/** What a caller says of a role; what is left out stays. */
export interface RoleDraft {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
}

/** Roles and who holds them, managed by admins; a user sees its own assignments. */
export interface Roles {
  /** @throws DomainError `NotPermitted` `NotFound` */
  get(caller: Authorization, id: string): Promise<Role>;
  /** @throws DomainError `NotPermitted` */
  list(caller: Authorization): Promise<Role[]>;
  /** @throws DomainError `NotPermitted` `NameTaken` */
  create(caller: Authorization, name: string, description: string | null): Promise<Role>;
  /** @throws DomainError `NotPermitted`, for another name of a role that the service needs too; `NotFound` `NameTaken` */
  update(caller: Authorization, id: string, draft: RoleDraft): Promise<Role>;
  /** @throws DomainError `NotPermitted`, for a role that the service needs too; `NotFound` */
  delete(caller: Authorization, id: string): Promise<void>;
  /** @throws DomainError `NotPermitted` */
  listAssignments(caller: Authorization, wanted: WantedAssignments): Promise<NamedAssignment[]>;
  /** Giving a role again changes nothing. @throws DomainError `NotPermitted` `NotFound` */
  give(caller: Authorization, assignment: RoleAssignment): Promise<void>;
  /** Holds for the very next request of the user. @throws DomainError `NotPermitted` `NotFound` */
  take(caller: Authorization, assignment: RoleAssignment): Promise<void>;
}

/** Roles of the embedded identity service. */
export function openRoles(context: IdentityContext): Roles {
  const db = context.database.read;
  const adminOnly = 'Only an admin may manage roles.';

  return {
    async get(caller, id) {
      demand(mayManage(caller), adminOnly);
      return existing(await findRole(db, id), `role ${id}`);
    },

    async list(caller) {
      demand(mayManage(caller), adminOnly);
      return await listRoles(db);
    },

    async create(caller, name, description) {
      demand(mayManage(caller), adminOnly);
      const role = { id: newId(), name, description };
      await context.change(async (tx) => {
        await checkRoleName(tx, role);
        await insertRole(tx, role);
      });
      return role;
    },

    async update(caller, id, { name, description }) {
      demand(mayManage(caller), adminOnly);
      return await context.change(async (tx) => {
        const before = existing(await findRole(tx, id), `role ${id}`);
        const role = {
          id,
          name: name ?? before.name,
          description: description === undefined ? before.description : description,
        };
        const keepsName = role.name === before.name || !isNeeded(before);
        demand(keepsName, `The service needs the role ${before.name}.`);
        await checkRoleName(tx, role);
        await updateRole(tx, role);
        return role;
      });
    },

    async delete(caller, id) {
      demand(mayManage(caller), adminOnly);
      await context.change(async (tx) => {
        const role = existing(await findRole(tx, id), `role ${id}`);
        demand(!isNeeded(role), `The service needs the role ${role.name}.`);
        await deleteRole(tx, id);
      });
    },

    async listAssignments(caller, { effective, roleId, ...filter }) {
      const own = filter.userId !== undefined && maySeeUser(caller, filter.userId);
      demand(own || mayManage(caller), 'Only an admin may see the roles of others.');
      const given = await listAssignments(db, filter);
      const all = effective ? withImpliedAssignments(given, await listRoles(db)) : given;
      const wanted = all.filter((one) => roleId === undefined || one.roleId === roleId);
      return await nameAssignments(db, wanted);
    },

    async give(caller, assignment) {
      demand(mayManage(caller), adminOnly);
      await context.change(async (tx) => {
        await checkEnds(tx, assignment);
        await insertAssignment(tx, assignment);
      });
    },

    async take(caller, assignment) {
      demand(mayManage(caller), adminOnly);
      await context.change(async (tx) => {
        await checkEnds(tx, assignment);
        const held = await deleteAssignment(tx, assignment);
        existing(held || undefined, 'such assignment');
        await checkAdminLeft(tx);
      });
    },
  };
}

function isNeeded({ name }: Role): boolean {
  return standardRoles.some((standard) => standard === name);
}

/** Rules compare roles without their case: a second Admin would be an admin, but not seen to be one. */
async function checkRoleName(db: Connection, role: Role): Promise<void> {
  const holders = (await listRoles(db)).filter(
    (other) => other.name.toLowerCase() === role.name.toLowerCase(),
  );
  checkNameFree(holders, role, 'role');
}

async function checkEnds(db: Connection, { userId, roleId, target }: RoleAssignment) {
  existing(await findUser(db, userId), `user ${userId}`);
  existing(await findRole(db, roleId), `role ${roleId}`);
  await checkTarget(db, target);
}

async function checkTarget(db: Connection, target: RoleTarget): Promise<void> {
  if (target.kind === 'project') {
    existing(await findProject(db, target.projectId), `project ${target.projectId}`);
  } else if (target.kind === 'domain') {
    existing(await findDomain(db, target.domainId), `domain ${target.domainId}`);
  }
}
