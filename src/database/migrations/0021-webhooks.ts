import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** URLs that projects want to be told at, and what was not taken there. */
export const webhooks: SchemaStep = {
  compatibleFrom: '0017-access',
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table webhooks (
    id text primary key,
    project_id text not null,
    url text not null,
    secret text not null,
    types text,
    by_user text not null,
    created_at integer not null,
    cursor integer not null,
    attempts integer not null default 0,
    failing_since integer,
    last_error text,
    delivered_at integer,
    lease_holder text,
    lease_until integer not null default 0,
    lease_term integer not null default 0
  ) strict, without rowid`,
  'create index webhooks_by_project on webhooks (project_id)',
  'create index webhooks_by_lease on webhooks (lease_until)',

  `create table webhook_failures (
    webhook_id text not null references webhooks (id) on delete cascade,
    number integer not null,
    event_id text not null,
    event_type text not null,
    body text not null,
    attempts integer not null,
    status integer,
    error text not null,
    failed_at integer not null,
    again integer not null default 0,
    primary key (webhook_id, number)
  ) strict, without rowid`,
  'create index webhook_failures_by_age on webhook_failures (failed_at)',
  'create index webhook_failures_again on webhook_failures (webhook_id, number) where again = 1',
] as const;
