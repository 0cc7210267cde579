import type { Caller } from './caller.ts';
import type { Domain, Project } from './project.ts';
import type { Role, RoleTarget } from './role.ts';
import type { ApplicationCredential, User } from './user.ts';

/** How a user proved who it is. @see Identity API v3, "Authentication and token management" */
export type LoginMethod = 'password' | 'token' | 'application_credential';

export type TokenScope = RoleTarget | { readonly kind: 'unscoped' };

/** What a token itself carries, signed; the rights behind it are looked up whenever it is used. */
export interface Session {
  readonly userId: string;
  readonly scope: TokenScope;
  readonly methods: readonly LoginMethod[];
  /** The token's own audit id, then that of the token it was made from, if any. */
  readonly auditIds: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly tokenGeneration: number;
  readonly credentialId: string | null;
}

/** What a valid token means at this moment. */
export interface Authorization {
  readonly session: Session;
  readonly user: User;
  readonly userDomain: Domain;
  /** Set for a project scope, with the domain that it lies in. */
  readonly project: { readonly project: Project; readonly domain: Domain } | null;
  /** Set for a domain scope. */
  readonly domain: Domain | null;
  /** Implied roles included; empty for an unscoped token. */
  readonly roles: readonly Role[];
  readonly credential: ApplicationCredential | null;
  readonly caller: Caller;
}
