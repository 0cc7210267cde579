import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** Requests for access, images listed as to be asked for, rules by which offers are accepted, and who downloaded what. */
export const access: SchemaStep = {
  compatibleFrom: '0013-shares',
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // Kept whether the image is there or not, so that an answer tells nothing of it.
  `create table access_requests (
    number integer primary key autoincrement,
    id text not null unique,
    image_id text not null,
    image_owner text,
    project_id text not null,
    by_user text not null,
    reason text not null,
    state text not null,
    word text,
    created_at integer not null,
    answered_at integer
  ) strict`,
  "create unique index access_requests_pending on access_requests (project_id, image_id) where state = 'pending'",
  'create index access_requests_by_project on access_requests (project_id, number)',
  'create index access_requests_by_owner on access_requests (image_owner, state, number)',
  'create index access_requests_by_image on access_requests (image_id)',

  `create table listed_images (
    number integer primary key autoincrement,
    image_id text not null unique references images (id) on delete cascade,
    summary text,
    listed_at integer not null
  ) strict`,

  `create table accept_rules (
    id text primary key,
    project_id text not null,
    producer_id text not null,
    name_pattern text,
    family text,
    ends_at integer not null,
    by_user text not null,
    created_at integer not null,
    uses integer not null default 0,
    used_at integer
  ) strict, without rowid`,
  'create index accept_rules_by_producer on accept_rules (project_id, producer_id)',

  `create table image_downloads (
    image_id text not null references images (id) on delete cascade,
    project_id text not null,
    last_at integer not null,
    downloads integer not null,
    bytes integer not null,
    primary key (image_id, project_id)
  ) strict, without rowid`,
] as const;
