import type { Kysely, Migration } from 'kysely';

/** Users, projects, roles and tokens of the embedded identity service. */
export const identity: Migration = {
  async up(_db: Kysely<unknown>) {},
};
