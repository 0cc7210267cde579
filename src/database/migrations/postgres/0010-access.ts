import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../../schema-steps.ts';

/** Requests for access, images listed as to be asked for, rules by which offers are accepted, and who downloaded what. */
export const access: SchemaStep = {
  compatibleFrom: '0006-shares',
  async up(db: Kysely<unknown>) {
    for (const statement of statements) {
      await sql.raw(statement.replaceAll('$text', 'text collate "C"')).execute(db);
    }
  },
};

const statements = [
  // Kept whether the image is there or not, so that an answer tells nothing of it.
  `create table access_requests (
    number bigint generated always as identity primary key,
    id $text not null unique,
    image_id $text not null,
    image_owner $text,
    project_id $text not null,
    by_user $text not null,
    reason $text not null,
    state $text not null,
    word $text,
    created_at bigint not null,
    answered_at bigint
  )`,
  "create unique index access_requests_pending on access_requests (project_id, image_id) where state = 'pending'",
  'create index access_requests_by_project on access_requests (project_id, number)',
  'create index access_requests_by_owner on access_requests (image_owner, state, number)',
  'create index access_requests_by_image on access_requests (image_id)',

  `create table listed_images (
    number bigint generated always as identity primary key,
    image_id $text not null unique references images (id) on delete cascade,
    summary $text,
    listed_at bigint not null
  )`,

  `create table accept_rules (
    id $text primary key,
    project_id $text not null,
    producer_id $text not null,
    name_pattern $text,
    family $text,
    ends_at bigint not null,
    by_user $text not null,
    created_at bigint not null,
    uses bigint not null default 0,
    used_at bigint
  )`,
  'create index accept_rules_by_producer on accept_rules (project_id, producer_id)',

  `create table image_downloads (
    image_id $text not null references images (id) on delete cascade,
    project_id $text not null,
    last_at bigint not null,
    downloads bigint not null,
    bytes bigint not null,
    primary key (image_id, project_id)
  )`,
] as const;
