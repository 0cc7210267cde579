import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../../../src/database/schema-steps.ts';

/** What a next release could want: each of these changes what statements that were prepared before give. */
export const nextColumns: SchemaStep = {
  compatibleFrom: '0008-releases',
  async up(db: Kysely<unknown>) {
    for (const table of ['images', 'image_members', 'project_usage', 'users', 'projects']) {
      await sql`alter table ${sql.table(table)} add column of_next_release bigint not null default 7`.execute(
        db,
      );
    }
  },
};

/** An index that is made while others write. */
export const nextIndex: SchemaStep = {
  compatibleFrom: '0008-releases',
  isOnline: true,
  async up(db: Kysely<unknown>) {
    // A crash may have left one that is not whole.
    await sql`drop index concurrently if exists images_of_next_release`.execute(db);
    await sql`create index concurrently images_of_next_release on images (of_next_release, id)`.execute(
      db,
    );
  },
};

/** A step that no earlier release bears. */
export const nextContraction: SchemaStep = {
  async up(db: Kysely<unknown>) {
    await sql`drop index images_of_next_release`.execute(db);
  },
};
