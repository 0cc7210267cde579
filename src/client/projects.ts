import { ApiError } from './api-error.ts';
import { findNamed } from './find-named.ts';
import type { Session } from './session.ts';

/** A project as the identity service describes it. */
export interface ProjectDocument {
  readonly id: string;
  readonly name: string;
  readonly domain_id: string;
  readonly description: string;
  readonly enabled: boolean;
}

export interface ProjectChange {
  readonly name?: string;
  readonly description?: string;
  readonly enabled?: boolean;
}

/** The projects that the caller may see. @throws ApiError */
export async function listProjects(session: Session): Promise<readonly ProjectDocument[]> {
  const answer = await session.call('identity', { path: '/projects' });
  return (answer as { readonly projects: readonly ProjectDocument[] }).projects;
}

/** The projects in which the caller has a role, and where it may go on. @throws ApiError */
export async function listOwnProjects(session: Session): Promise<readonly ProjectDocument[]> {
  const answer = await session.call('identity', { path: '/auth/projects' });
  return (answer as { readonly projects: readonly ProjectDocument[] }).projects;
}

/** The project of that id or name. @throws ApiError 404 when there is none. */
export async function getProject(session: Session, nameOrId: string): Promise<ProjectDocument> {
  const found = await findNamed<ProjectDocument>(session, 'project', nameOrId);
  if (found) return found;
  const text = `There is no project ${nameOrId}. See: vitrine project list`;
  throw new ApiError(text, { status: 404 });
}

/** Makes a project. @throws ApiError 409 when the name is taken. */
export async function createProject(
  session: Session,
  project: ProjectChange & { readonly name: string },
): Promise<ProjectDocument> {
  const body = { project };
  const answer = await session.call('identity', { method: 'POST', path: '/projects', body });
  return (answer as { readonly project: ProjectDocument }).project;
}

/** Changes a project. @throws ApiError */
export async function updateProject(
  session: Session,
  id: string,
  project: ProjectChange,
): Promise<ProjectDocument> {
  const path = `/projects/${id}`;
  const answer = await session.call('identity', { method: 'PATCH', path, body: { project } });
  return (answer as { readonly project: ProjectDocument }).project;
}

/** Removes a project with the roles in it. @throws ApiError */
export async function deleteProject(session: Session, id: string): Promise<void> {
  await session.call('identity', { method: 'DELETE', path: `/projects/${id}` });
}
