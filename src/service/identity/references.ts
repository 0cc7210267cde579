import type { Connection } from '../../database/database.ts';
import { findDomain, findProject, listDomains, listProjects } from '../../database/projects.ts';
import { findUser, listUsers } from '../../database/users.ts';
import type { Domain, DomainReference, NamedReference, Project } from '../../domain/project.ts';
import type { User } from '../../domain/user.ts';

/** The domain meant, or undefined. */
export async function resolveDomain(
  db: Connection,
  reference: DomainReference,
): Promise<Domain | undefined> {
  if ('id' in reference) return await findDomain(db, reference.id);
  const domains = await listDomains(db);
  return domains.find((domain) => domain.name === reference.name);
}

/** The project meant, or undefined. */
export async function resolveProject(
  db: Connection,
  reference: NamedReference,
): Promise<Project | undefined> {
  if ('id' in reference) return await findProject(db, reference.id);
  const domain = await resolveDomain(db, reference.domain);
  if (!domain) return undefined;
  const [project] = await listProjects(db, { name: reference.name, domainId: domain.id });
  return project;
}

/** The user meant, or undefined. */
export async function resolveUser(
  db: Connection,
  reference: NamedReference,
): Promise<User | undefined> {
  if ('id' in reference) return await findUser(db, reference.id);
  const domain = await resolveDomain(db, reference.domain);
  if (!domain) return undefined;
  const [user] = await listUsers(db, { name: reference.name, domainId: domain.id });
  return user;
}
