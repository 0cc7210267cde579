import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** Of which release each process is, by the newest step of the schema that it knows; of earlier ones it is not known. */
export const releases: SchemaStep = {
  compatibleFrom: '0014-imports',
  async up(db: Kysely<unknown>) {
    await sql.raw('alter table processes add column schema_step text').execute(db);
  },
};
