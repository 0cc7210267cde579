import { type Kysely, type Migration, sql } from 'kysely';

/** Deleted images that can still be restored. */
export const pendingDeletes: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // Apart from the images, so that no look at those ever meets one.
  `create table pending_deletes (
    image_id text primary key,
    owner text,
    size integer not null,
    location text not null,
    image text not null,
    members text not null,
    deleted_at integer not null
  ) strict, without rowid`,
  'create index pending_deletes_by_age on pending_deletes (deleted_at)',
] as const;
