import { type Kysely, type Migration, sql } from 'kysely';

/** Whose an upload is, and what all processes on a database have in common. */
export const processes: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // What a file of an older release has was set aside by the one process that ran on it, whose id is empty.
  "alter table upload_reservations add column process_id text not null default ''",
  `create table processes (
    id text primary key,
    started_at integer not null,
    seen_at integer not null
  ) strict, without rowid`,
  'create table secrets (name text primary key, value text not null) strict, without rowid',
] as const;
