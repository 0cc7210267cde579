import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** Who began an upload that can be resumed. */
export const uploadUsers: SchemaStep = {
  compatibleFrom: '0017-access',
  async up(db: Kysely<unknown>) {
    await sql.raw('alter table uploads add column user_id text').execute(db);
  },
};
