import { ApiError } from './api-error.ts';
import type { Session } from './session.ts';

/** An application credential as the identity service describes it. */
export interface CredentialDocument {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly project_id: string;
  readonly unrestricted: boolean;
  /** ISO 8601, UTC; null for one that does not end. */
  readonly expires_at: string | null;
  readonly roles: readonly { readonly name: string }[];
  readonly access_rules?: readonly AccessRuleDocument[];
}

/** A request that a credential is good for. */
export interface AccessRuleDocument {
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

export interface NewCredential {
  readonly name: string;
  readonly description?: string;
  /** ISO 8601, UTC. */
  readonly expires_at?: string;
  readonly unrestricted?: boolean;
  /** Left out, every role of the one who asks. */
  readonly roles?: readonly ({ readonly id: string } | { readonly name: string })[];
  readonly access_rules?: readonly AccessRuleDocument[];
}

/** The application credentials of a user. @throws ApiError 403 for those of others, but for admins. */
export async function listCredentials(
  session: Session,
  userId: string,
): Promise<readonly CredentialDocument[]> {
  const answer = await session.call('identity', { path: pathOf(userId) });
  return (answer as { readonly application_credentials: readonly CredentialDocument[] })
    .application_credentials;
}

/** The credential of that id, else of that name. @throws ApiError 404 when there is neither. */
export async function getCredential(
  session: Session,
  userId: string,
  nameOrId: string,
): Promise<CredentialDocument> {
  const all = await listCredentials(session, userId);
  const found = all.find(({ id }) => id === nameOrId) ?? all.find(({ name }) => name === nameOrId);
  if (found) return found;
  const text = `There is no application credential ${nameOrId}. See: vitrine credential list`;
  throw new ApiError(text, { status: 404 });
}

/** Makes a credential of the caller for its project, whose secret is told this once. @throws ApiError */
export async function createCredential(
  session: Session,
  credential: NewCredential,
): Promise<CredentialDocument & { readonly secret: string }> {
  const body = { application_credential: credential };
  const path = pathOf(await session.userId());
  const answer = await session.call('identity', { method: 'POST', path, body });
  return (
    answer as { readonly application_credential: CredentialDocument & { readonly secret: string } }
  ).application_credential;
}

/** Removes a credential; its tokens end at once. @throws ApiError */
export async function deleteCredential(
  session: Session,
  userId: string,
  id: string,
): Promise<void> {
  await session.call('identity', { method: 'DELETE', path: `${pathOf(userId)}/${id}` });
}

function pathOf(userId: string): string {
  return `/users/${userId}/application_credentials`;
}
