import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** How far the process is that looks at the data of images. */
export const scrubRuns: SchemaStep = {
  compatibleFrom: '0017-access',
  async up(db: Kysely<unknown>) {
    await sql.raw(statement).execute(db);
  },
};

const statement = `create table scrub_runs (
  id integer primary key check (id = 1),
  began_at integer not null,
  seen_at integer not null,
  ended_at integer,
  due integer not null,
  images integer not null,
  bytes integer not null,
  chunks integer not null,
  damaged integer not null,
  unreadable integer not null
) strict`;
