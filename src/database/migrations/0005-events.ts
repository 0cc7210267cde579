import { type Kysely, type Migration, sql } from 'kysely';

/** Events that wait to be delivered, and how far each sink has got. */
export const events: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // The id is the order of delivery; one that was delivered and removed is never given out again.
  `create table events (
    id integer primary key autoincrement,
    message_id text not null,
    event_type text not null,
    priority text not null,
    payload text not null,
    created_at integer not null
  ) strict`,
  'create table event_cursors (sink text primary key, event_id integer not null) strict, without rowid',
] as const;
