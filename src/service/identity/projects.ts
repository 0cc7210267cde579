import type { Connection } from '../../database/database.ts';
import {
  deleteProject,
  findDomain,
  findProject,
  insertProject,
  listDomains,
  listProjects,
  type ProjectFilter,
  updateProject,
} from '../../database/projects.ts';
import { listAssignments } from '../../database/roles.ts';
import { DomainError } from '../../domain/errors.ts';
import { demand, mayLookUpProjects, mayManage, maySeeUser } from '../../domain/identity-policy.ts';
import { type Domain, defaultDomainId, type Project } from '../../domain/project.ts';
import type { Authorization } from '../../domain/session.ts';
import { type IdentityContext, newId } from './context.ts';
import { checkNameFree, existing, notFound } from './found.ts';
import { checkAdminLeft } from './last-admin.ts';

/** What a caller says of a project; what is left out stays, or takes its default. */
export interface ProjectDraft {
  readonly name?: string | undefined;
  readonly domainId?: string | undefined;
  readonly description?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/**
 * Projects, managed by admins. A caller with a project finds any other by its id or exact name, so
 * that it can share images with it, and learns no more of it than that; it lists only its own.
 */
export interface Projects {
  /** @throws DomainError `NotFound`, also for a project that the caller may not look up. */
  get(caller: Authorization, id: string): Promise<Project>;
  list(caller: Authorization, filter: ProjectFilter): Promise<Project[]>;
  /** Enabled projects where the user holds a role. @throws DomainError `NotPermitted` `NotFound` */
  listOf(caller: Authorization, userId: string, filter: ProjectFilter): Promise<Project[]>;
  /** @throws DomainError `NotPermitted` `NameTaken` `NotFound` (domain) */
  create(caller: Authorization, draft: ProjectDraft & { readonly name: string }): Promise<Project>;
  /** @throws DomainError as `create` */
  update(caller: Authorization, id: string, draft: ProjectDraft): Promise<Project>;
  /** @throws DomainError `NotPermitted` `NotFound` */
  delete(caller: Authorization, id: string): Promise<void>;
  /** @throws DomainError `NotFound` */
  getDomain(id: string): Promise<Domain>;
  listDomains(): Promise<Domain[]>;
  /** Domains where the caller itself holds a role. */
  listOwnDomains(caller: Authorization): Promise<Domain[]>;
}

/** Projects of the embedded identity service. */
export function openProjects(context: IdentityContext): Projects {
  const db = context.database.read;
  const adminOnly = 'Only an admin may manage projects.';

  return {
    async get(caller, id) {
      const project = existing(await findProject(db, id), `project ${id}`);
      if (mayManage(caller) || (await ownIds(db, caller)).has(id)) return project;
      if (!mayLookUpProjects(caller)) throw notFound(`project ${id}`);
      return outline(project);
    },

    async list(caller, filter) {
      if (mayManage(caller)) return await listProjects(db, filter);
      if (filter.name === undefined || !mayLookUpProjects(caller)) {
        return await listProjects(db, { ...filter, userId: caller.user.id });
      }
      const own = await ownIds(db, caller);
      const found = await listProjects(db, filter);
      return found.map((project) => (own.has(project.id) ? project : outline(project)));
    },

    async listOf(caller, userId, filter) {
      demand(maySeeUser(caller, userId), 'Only an admin may see the projects of others.');
      return await listProjects(db, { ...filter, userId, enabled: true });
    },

    async create(caller, draft) {
      demand(mayManage(caller), adminOnly);
      const { domainId = defaultDomainId } = draft;
      const blank = { id: newId(), domainId, name: draft.name, description: '', enabled: true };
      return await context.change(async (tx) => {
        const project = changed(blank, draft);
        await checkProject(tx, project);
        await insertProject(tx, project);
        return project;
      });
    },

    async update(caller, id, draft) {
      demand(mayManage(caller), adminOnly);
      return await context.change(async (tx) => {
        const project = changed(existing(await findProject(tx, id), `project ${id}`), draft);
        await checkProject(tx, project);
        await updateProject(tx, project);
        if (!project.enabled) await checkAdminLeft(tx);
        return project;
      });
    },

    async delete(caller, id) {
      demand(mayManage(caller), adminOnly);
      await context.change(async (tx) => {
        existing(await findProject(tx, id), `project ${id}`);
        await deleteProject(tx, id);
        await checkAdminLeft(tx);
      });
    },

    getDomain: async (id) => existing(await findDomain(db, id), `domain ${id}`),

    listDomains: () => listDomains(db),

    async listOwnDomains(caller) {
      const assignments = await listAssignments(db, { userId: caller.user.id });
      const held = assignments.map(({ target }) => target.kind === 'domain' && target.domainId);
      return (await listDomains(db)).filter(({ id, enabled }) => enabled && held.includes(id));
    },
  };
}

async function ownIds(db: Connection, { user }: Authorization): Promise<Set<string>> {
  const own = await listProjects(db, { userId: user.id });
  return new Set(own.map((project) => project.id));
}

/** What those outside a project may know of it. */
function outline(project: Project): Project {
  return { ...project, description: '' };
}

function changed(project: Project, draft: ProjectDraft): Project {
  const { name, domainId, description, enabled } = draft;
  if (domainId !== undefined && domainId !== project.domainId) {
    throw new DomainError('InvalidRequest', 'A project stays in its domain.');
  }
  return {
    ...project,
    name: name ?? project.name,
    description: description ?? project.description,
    enabled: enabled ?? project.enabled,
  };
}

async function checkProject(db: Connection, project: Project): Promise<void> {
  const { name, domainId } = project;
  existing(await findDomain(db, domainId), `domain ${domainId}`);
  checkNameFree(await listProjects(db, { name, domainId }), project, 'project');
}
