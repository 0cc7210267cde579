import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** What images were called before their data was converted, for imports that fail later. */
export const conversions: SchemaStep = {
  compatibleFrom: '0017-access',
  async up(db: Kysely<unknown>) {
    await sql.raw('alter table image_imports add column disk_format text').execute(db);
  },
};
