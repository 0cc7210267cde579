import type { AccessRule } from '../../domain/access-rule.ts';
import type { Domain, Project } from '../../domain/project.ts';
import type { Role } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import type { DescribedCredential } from '../../service/identity/application-credentials.ts';
import type { NamedAssignment, Within } from '../../service/identity/named-assignments.ts';
import { tokenTime } from './token-document.ts';

/** A list in Keystone's envelope. Lists come whole: there is no next page. */
export function listDocument<T>(name: string, items: readonly T[], self: string) {
  return { [name]: items, links: { next: null, self, previous: null } };
}

/** @see Identity API v3, "Show project details" */
export function projectDocument(project: Project, v3: string) {
  const { id, name, description, enabled, domainId } = project;
  return {
    id,
    name,
    description,
    enabled,
    domain_id: domainId,
    // Keystone's projects form trees; here each hangs from its domain.
    parent_id: domainId,
    is_domain: false,
    tags: [],
    options: {},
    links: { self: `${v3}/projects/${id}` },
  };
}

/** @see Identity API v3, "Show domain details" */
export function domainDocument({ id, name, description, enabled }: Domain, v3: string) {
  const links = { self: `${v3}/domains/${id}` };
  return { id, name, description, enabled, tags: [], options: {}, links };
}

/** @see Identity API v3, "Show user details" */
export function userDocument(user: User, v3: string) {
  const { id, name, enabled, domainId, description, email, defaultProjectId } = user;
  return {
    id,
    name,
    enabled,
    domain_id: domainId,
    password_expires_at: null,
    options: {},
    ...(description !== null && { description }),
    ...(email !== null && { email }),
    ...(defaultProjectId !== null && { default_project_id: defaultProjectId }),
    links: { self: `${v3}/users/${id}` },
  };
}

/** @see Identity API v3, "Show role details" */
export function roleDocument({ id, name, description }: Role, v3: string) {
  const links = { self: `${v3}/roles/${id}` };
  return { id, name, description, domain_id: null, options: {}, links };
}

/** @see Identity API v3, "Show access rule details" */
export function accessRuleDocument({ id, service, method, path }: AccessRule, base: string) {
  return { id, service, method, path, links: { self: `${base}/${id}` } };
}

/** @see Identity API v3, "Show application credential details" */
export function credentialDocument({ credential, roles }: DescribedCredential, v3: string) {
  const { id, name, description, userId, projectId, unrestricted, expiresAt } = credential;
  const { accessRules } = credential;
  return {
    id,
    name,
    description,
    user_id: userId,
    project_id: projectId,
    unrestricted,
    expires_at: expiresAt && tokenTime(expiresAt),
    roles: roles.map((role) => ({ id: role.id, name: role.name })),
    system: null,
    ...(accessRules && { access_rules: accessRules }),
    links: { self: `${v3}/users/${userId}/application_credentials/${id}` },
  };
}

/** @see Identity API v3, "List role assignments"; names only with `include_names` */
export function assignmentDocument(
  { user, role, project, domain }: NamedAssignment,
  { v3, names }: { readonly v3: string; readonly names: boolean },
) {
  const { path, scope } = placeOf({ project, domain }, names);
  return {
    scope,
    user: names ? withNames(user) : { id: user.itself.id },
    role: names ? { id: role.id, name: role.name } : { id: role.id },
    links: { assignment: `${v3}/${path}/users/${user.itself.id}/roles/${role.id}` },
  };
}

function placeOf({ project, domain }: Pick<NamedAssignment, 'project' | 'domain'>, names: boolean) {
  if (project) {
    const { id } = project.itself;
    return { path: `projects/${id}`, scope: { project: names ? withNames(project) : { id } } };
  }
  if (domain) {
    const { id, name } = domain;
    return { path: `domains/${id}`, scope: { domain: names ? { id, name } : { id } } };
  }
  return { path: 'system', scope: { system: { all: true } } };
}

function withNames({ itself, domain }: Within<User | Project>) {
  const { id, name } = itself;
  return { id, name, domain: { id: domain.id, name: domain.name } };
}
