import { type Kysely, type Migration, sql } from 'kysely';

/** Work that goes on after its request is answered. */
export const tasks: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // No reference to images: a task outlives the image that it was for.
  `create table tasks (
    id text primary key,
    type text not null,
    status text not null,
    owner text,
    user_id text not null,
    request_id text not null,
    image_id text,
    input text not null,
    result text,
    message text not null,
    attempts integer not null,
    lease_holder text,
    lease_until integer not null default 0,
    lease_term integer not null default 0,
    created_at integer not null,
    updated_at integer not null,
    expires_at integer
  ) strict, without rowid`,
  'create index tasks_by_age on tasks (created_at, id)',
  'create index tasks_by_image on tasks (image_id, created_at)',
  "create index tasks_by_lease on tasks (lease_until) where status in ('pending', 'processing')",
  'create index tasks_by_end on tasks (expires_at) where expires_at is not null',
] as const;
