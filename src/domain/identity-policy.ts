import { DomainError } from './errors.ts';
import type { Authorization } from './session.ts';

/** Whether the caller runs the identity service: role `admin`, at whatever scope. */
export function mayManage({ caller }: Authorization): boolean {
  return caller.roles.has('admin');
}

/** Whether the caller may see what a token means: its own, or any as an admin or a service. */
export function maySeeToken(caller: Authorization, subject: Authorization): boolean {
  return mayRevokeToken(caller, subject) || caller.caller.roles.has('service');
}

/** Whether the caller may revoke a token: its own, or any as an admin. */
export function mayRevokeToken(caller: Authorization, subject: Authorization): boolean {
  return caller.user.id === subject.user.id || mayManage(caller);
}

/** Whether the caller may see a user and what it has: itself, or anyone as an admin. */
export function maySeeUser(caller: Authorization, userId: string): boolean {
  return caller.user.id === userId || mayManage(caller);
}

/** Whether the caller may look up any project whose id or exact name it knows, as sharing needs. */
export function mayLookUpProjects({ session }: Authorization): boolean {
  return session.scope.kind === 'project';
}

/** Whether the caller may make application credentials for the user and remove them. */
export function mayChangeCredentials(caller: Authorization, userId: string): boolean {
  return caller.user.id === userId && (caller.credential?.unrestricted ?? true);
}

/**
 * Refuses what is not allowed.
 *
 * @throws DomainError `NotPermitted`
 */
export function demand(allowed: boolean, refusal: string): void {
  if (!allowed) throw new DomainError('NotPermitted', refusal);
}
