import type { AccessRule } from './access-rule.ts';

/** Someone who can ask for tokens. */
export interface User {
  /** 32 hex digits. */
  readonly id: string;
  readonly domainId: string;
  readonly name: string;
  readonly description: string | null;
  readonly email: string | null;
  readonly enabled: boolean;
  /** The project that a token without a named scope is for. */
  readonly defaultProjectId: string | null;
  /** Grows when the password changes or the user is disabled; tokens of an earlier generation are void. */
  readonly tokenGeneration: number;
}

/** A right to act as a user in one project, with a subset of the user's roles there. */
export interface ApplicationCredential {
  readonly id: string;
  readonly userId: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string | null;
  /** Whether its tokens may make and remove application credentials. */
  readonly unrestricted: boolean;
  readonly expiresAt: Date | null;
  readonly roleIds: ReadonlySet<string>;
  /** The requests that it is good for; null for no such limit. */
  readonly accessRules: readonly AccessRule[] | null;
}
