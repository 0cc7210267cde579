import { type Kysely, type Migration, sql } from 'kysely';

/** Users, projects, roles and tokens of the embedded identity service. */
export const identity: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table domains (
    id text primary key,
    name text not null unique,
    description text not null,
    enabled integer not null check (enabled in (0, 1))
  ) strict, without rowid`,
  `create table projects (
    id text primary key,
    domain_id text not null references domains (id),
    name text not null,
    description text not null,
    enabled integer not null check (enabled in (0, 1)),
    unique (domain_id, name)
  ) strict, without rowid`,
  `create table users (
    id text primary key,
    domain_id text not null references domains (id),
    name text not null,
    description text,
    email text,
    enabled integer not null check (enabled in (0, 1)),
    default_project_id text references projects (id) on delete set null,
    password_hash text,
    token_generation integer not null,
    unique (domain_id, name)
  ) strict, without rowid`,
  'create index users_by_default_project on users (default_project_id)',
  `create table roles (
    id text primary key,
    name text not null unique,
    description text
  ) strict, without rowid`,
  // A role of a user on a project, on a domain, or (both null) on the whole system.
  `create table role_assignments (
    user_id text not null references users (id) on delete cascade,
    role_id text not null references roles (id) on delete cascade,
    project_id text references projects (id) on delete cascade,
    domain_id text references domains (id) on delete cascade,
    check (project_id is null or domain_id is null)
  ) strict`,
  // SQLite counts nulls as different from each other, so the key names them.
  `create unique index role_assignments_once on role_assignments
    (user_id, coalesce(project_id, ''), coalesce(domain_id, ''), role_id)`,
  'create index role_assignments_by_user on role_assignments (user_id, project_id)',
  'create index role_assignments_by_project on role_assignments (project_id)',
  'create index role_assignments_by_domain on role_assignments (domain_id)',
  'create index role_assignments_by_role on role_assignments (role_id)',
  `create table application_credentials (
    id text primary key,
    user_id text not null references users (id) on delete cascade,
    project_id text not null references projects (id) on delete cascade,
    name text not null,
    description text,
    secret_hash text not null,
    unrestricted integer not null check (unrestricted in (0, 1)),
    expires_at integer,
    unique (user_id, name)
  ) strict, without rowid`,
  'create index application_credentials_by_project on application_credentials (project_id)',
  `create table application_credential_roles (
    credential_id text not null references application_credentials (id) on delete cascade,
    role_id text not null references roles (id) on delete cascade,
    primary key (credential_id, role_id)
  ) strict, without rowid`,
  'create index application_credential_roles_by_role on application_credential_roles (role_id)',
  'create table revoked_tokens (audit_id text primary key, expires_at integer not null) strict, without rowid',
  'create index revoked_tokens_by_expiry on revoked_tokens (expires_at)',
  `create table signing_keys (
    id text primary key,
    secret text not null,
    created_at integer not null
  ) strict, without rowid`,
] as const;
