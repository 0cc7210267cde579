import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** Which process has the token that a task is to be done with. */
export const taskTokens: SchemaStep = {
  compatibleFrom: '0017-access',
  async up(db: Kysely<unknown>) {
    await sql.raw('alter table tasks add column token_holder text').execute(db);
  },
};
