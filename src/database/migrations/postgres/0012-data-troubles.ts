import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../../schema-steps.ts';

/** Data that could not be read when it was looked at, and what of the sharing of a deleted image is kept with it. */
export const dataTroubles: SchemaStep = {
  compatibleFrom: '0006-shares',
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table unreadable_data (
    image_id text collate "C" not null primary key,
    found_at bigint not null
  )`,
  'alter table pending_deletes add column sharing text collate "C"',
] as const;
