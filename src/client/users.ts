import { ApiError } from './api-error.ts';
import { findNamed } from './find-named.ts';
import type { Session } from './session.ts';

/** A user as the identity service describes it. */
export interface UserDocument {
  readonly id: string;
  readonly name: string;
  readonly domain_id: string;
  readonly enabled: boolean;
  readonly description?: string;
  readonly email?: string;
  readonly default_project_id?: string;
}

export interface UserChange {
  readonly name?: string;
  readonly password?: string;
  readonly email?: string;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly default_project_id?: string;
}

/** Every user. @throws ApiError 403 for others than admins. */
export async function listUsers(session: Session): Promise<readonly UserDocument[]> {
  const answer = await session.call('identity', { path: '/users' });
  return (answer as { readonly users: readonly UserDocument[] }).users;
}

/** The user of that id or name. @throws ApiError 404 when there is none. */
export async function getUser(session: Session, nameOrId: string): Promise<UserDocument> {
  const found = await findNamed<UserDocument>(session, 'user', nameOrId);
  if (found) return found;
  throw new ApiError(`There is no user ${nameOrId}. See: vitrine user list`, { status: 404 });
}

/** Makes a user. @throws ApiError 409 when the name is taken. */
export async function createUser(
  session: Session,
  user: UserChange & { readonly name: string },
): Promise<UserDocument> {
  const answer = await session.call('identity', { method: 'POST', path: '/users', body: { user } });
  return (answer as { readonly user: UserDocument }).user;
}

/** Changes a user; a new password, or disabling, ends its tokens. @throws ApiError */
export async function updateUser(
  session: Session,
  id: string,
  user: UserChange,
): Promise<UserDocument> {
  const path = `/users/${id}`;
  const answer = await session.call('identity', { method: 'PATCH', path, body: { user } });
  return (answer as { readonly user: UserDocument }).user;
}

/** Changes the caller's own password, which ends its tokens. @throws ApiError 401 when `original` is wrong. */
export async function changeOwnPassword(
  session: Session,
  { original, password }: { readonly original: string; readonly password: string },
): Promise<void> {
  const path = `/users/${await session.userId()}/password`;
  const body = { user: { original_password: original, password } };
  await session.call('identity', { method: 'POST', path, body });
}

/** Removes a user. @throws ApiError */
export async function deleteUser(session: Session, id: string): Promise<void> {
  await session.call('identity', { method: 'DELETE', path: `/users/${id}` });
}
