import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** How often the event that a webhook is at was refused as what it is. */
export const webhookRefusals: SchemaStep = {
  compatibleFrom: '0017-access',
  async up(db: Kysely<unknown>) {
    await sql
      .raw('alter table webhooks add column refusals integer not null default 0')
      .execute(db);
  },
};
