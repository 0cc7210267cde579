import { type Kysely, type Migration, sql } from 'kysely';

/** What projects may have, what they have, and what is set aside for uploads under way. */
export const quotas: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table project_quotas (
    project_id text not null,
    quota text not null,
    value integer not null,
    primary key (project_id, quota)
  ) strict, without rowid`,
  // No reference to projects: with an identity service elsewhere they are not in this database.
  `create table project_usage (
    project_id text primary key,
    images integer not null,
    bytes integer not null,
    staged_bytes integer not null,
    uploads integer not null
  ) strict, without rowid`,
  `insert into project_usage (project_id, images, bytes, staged_bytes, uploads)
    select owner, count(*), coalesce(sum(size), 0), 0, 0
    from images where owner is not null group by owner`,
  // No reference to images: bytes are coming in until the upload has ended, whatever becomes of its image.
  `create table upload_reservations (
    image_id text primary key,
    project_id text,
    bytes integer not null
  ) strict, without rowid`,
] as const;
