import { type Kysely, type Migration, sql } from 'kysely';

/** An index by which is found whether one project shares an image with another. */
export const sharingIndex: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

/** Copies of the image's columns: an index spans one table only. */
const statements = [
  'alter table image_members add column image_owner text',
  "alter table image_members add column image_visibility text not null default ''",
  `update image_members set (image_owner, image_visibility) =
    (select owner, visibility from images where images.id = image_id)`,
  `create index image_members_by_owner
    on image_members (image_owner, project_id, image_visibility)`,
] as const;
