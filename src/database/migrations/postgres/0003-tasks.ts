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
    id text collate "C" primary key,
    type text collate "C" not null,
    status text collate "C" not null,
    owner text collate "C",
    user_id text collate "C" not null,
    request_id text collate "C" not null,
    image_id text collate "C",
    input text collate "C" not null,
    result text collate "C",
    message text collate "C" not null,
    attempts bigint not null,
    lease_holder text collate "C",
    lease_until bigint not null default 0,
    lease_term bigint not null default 0,
    created_at bigint not null,
    updated_at bigint not null,
    expires_at bigint
  )`,
  'create index tasks_by_age on tasks (created_at, id)',
  'create index tasks_by_image on tasks (image_id, created_at)',
  "create index tasks_by_lease on tasks (lease_until) where status in ('pending', 'processing')",
  'create index tasks_by_end on tasks (expires_at) where expires_at is not null',
] as const;
