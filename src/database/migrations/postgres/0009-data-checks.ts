import { type Kysely, type Migration, sql } from 'kysely';

/** Checksums of the chunks of images, and what became of looking at them. */
export const dataChecks: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table data_checks (
    image_id text collate "C" not null primary key,
    sums bytea,
    verified_at bigint not null,
    damaged_at bigint,
    damaged_position bigint
  )`,
  'create index data_checks_by_age on data_checks (verified_at)',
  'create index data_checks_damaged on data_checks (damaged_at) where damaged_at is not null',
  `insert into data_checks (image_id, verified_at)
    select id, 0 from images where location is not null
    union all select image_id, 0 from pending_deletes`,
] as const;
