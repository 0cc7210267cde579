import type { AccessRule } from './access-rule.ts';

/** Who is asking, as the identity service vouches for it. */
export interface Caller {
  readonly userId: string;
  /** The project that the token is scoped to; null for a token without project scope. */
  readonly projectId: string | null;
  /** Lower-case role names, implied roles included (admin implies member, member implies reader). */
  readonly roles: ReadonlySet<string>;
  /** Domain of the caller's project; project names are looked up in it. */
  readonly projectDomainId: string | null;
  /** Unscoped, domain- and system-scoped tokens are valid but open no image. */
  readonly scope: 'project' | 'domain' | 'system' | 'unscoped';
  /** The only requests that the caller's application credential is good for; without them, all are. */
  readonly accessRules?: readonly AccessRule[];
}

/** Whether the caller holds `role`, given directly or implied by another. */
export function hasRole(caller: Caller, role: string): boolean {
  return caller.roles.has(role);
}

/** Whether the caller is an admin of the cloud: role `admin`, in whatever project. */
export function isAdmin(caller: Caller): boolean {
  return caller.roles.has('admin');
}
