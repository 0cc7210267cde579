import type { Generated } from 'kysely';

/** Names are unique within a domain. Times are milliseconds since the epoch; 0 and 1 stand for booleans. */
export interface DomainRow {
  id: string;
  name: string;
  description: string;
  enabled: number;
}

export interface ProjectRow {
  id: string;
  domain_id: string;
  name: string;
  description: string;
  enabled: number;
}

export interface UserRow {
  id: string;
  domain_id: string;
  name: string;
  description: string | null;
  email: string | null;
  enabled: number;
  default_project_id: string | null;
  /** Null for a user without a password. */
  password_hash: string | null;
  /** Tokens of an earlier generation are void. */
  token_generation: number;
  /** Wrong passwords since the last right one, while they count. */
  failed_logins: Generated<number>;
  failed_login_at: number | null;
}

export interface RoleRow {
  id: string;
  name: string;
  description: string | null;
}

/** A role of a user on a project, on a domain, or (both null) on the whole system. */
export interface RoleAssignmentRow {
  user_id: string;
  role_id: string;
  project_id: string | null;
  domain_id: string | null;
}

export interface ApplicationCredentialRow {
  id: string;
  user_id: string;
  project_id: string;
  name: string;
  description: string | null;
  secret_hash: string;
  unrestricted: number;
  expires_at: number | null;
  /** A JSON list of rules, or null. */
  access_rules: string | null;
}

export interface ApplicationCredentialRoleRow {
  credential_id: string;
  role_id: string;
}

export interface RevokedTokenRow {
  audit_id: string;
  expires_at: number;
}

export interface SigningKeyRow {
  id: string;
  /** 256 random bits, base64url. */
  secret: string;
  created_at: number;
  /** Milliseconds that a token signed with it may be valid. */
  longest_lifetime: number;
}

export interface IdentityTables {
  domains: DomainRow;
  projects: ProjectRow;
  users: UserRow;
  roles: RoleRow;
  role_assignments: RoleAssignmentRow;
  application_credentials: ApplicationCredentialRow;
  application_credential_roles: ApplicationCredentialRoleRow;
  revoked_tokens: RevokedTokenRow;
  signing_keys: SigningKeyRow;
}
