import { type Kysely, type Migration, sql } from 'kysely';

/** Who is at a piece of work in the background. */
export const leases: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const columns = [
  'lease_holder text',
  'lease_until integer not null default 0',
  'lease_term integer not null default 0',
];

const statements = [
  `create table jobs (name text primary key, ${columns.join(', ')}) strict, without rowid`,
  ...columns.map((column) => `alter table unwanted_data add column ${column}`),
  'create index unwanted_data_by_lease on unwanted_data (lease_until)',
];
