import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../../schema-steps.ts';

/** How far the process is that looks at the data of images. */
export const scrubRuns: SchemaStep = {
  compatibleFrom: '0010-access',
  async up(db: Kysely<unknown>) {
    await sql.raw(statement).execute(db);
  },
};

const statement = `create table scrub_runs (
  id bigint primary key check (id = 1),
  began_at bigint not null,
  seen_at bigint not null,
  ended_at bigint,
  due bigint not null,
  images bigint not null,
  bytes bigint not null,
  chunks bigint not null,
  damaged bigint not null,
  unreadable bigint not null
)`;
