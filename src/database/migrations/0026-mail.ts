import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** Addresses that projects want to be told at, and how much may be sent yet. */
export const mail: SchemaStep = {
  compatibleFrom: '0017-access',
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table mail_addresses (
    id text primary key,
    project_id text not null,
    address text not null,
    mode text not null,
    kinds text,
    by_user text not null,
    created_at integer not null,
    verified_at integer,
    code_asked_at integer,
    code_hash text,
    code_expires_at integer,
    code_tries integer not null default 0,
    cursor integer not null default 0,
    due_at integer not null default 0,
    attempts integer not null default 0,
    failing_since integer,
    last_error text,
    sent_at integer,
    lease_holder text,
    lease_until integer not null default 0,
    lease_term integer not null default 0
  ) strict, without rowid`,
  'create unique index mail_addresses_by_project on mail_addresses (project_id, address)',
  'create index mail_addresses_by_lease on mail_addresses (lease_until)',
  'create table mail_budgets (key text primary key, full_at integer not null) strict, without rowid',
  'create index mail_budgets_by_time on mail_budgets (full_at)',
] as const;
