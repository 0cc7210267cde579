import { type Kysely, type Migration, sql } from 'kysely';

/** What application credentials are good for, failed logins, and how long signing keys are needed. */
export const identityLimits: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // JSON; null for a credential without rules.
  'alter table application_credentials add column access_rules text collate "C"',
  'alter table users add column failed_logins bigint not null default 0',
  'alter table users add column failed_login_at bigint',
  // Of what an older release has signed, nothing lives longer than a week.
  'alter table signing_keys add column longest_lifetime bigint not null default 604800000',
] as const;
