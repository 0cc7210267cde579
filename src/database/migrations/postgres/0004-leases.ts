import { type Kysely, type Migration, sql } from 'kysely';

/** Who is at a piece of work in the background. */
export const leases: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const columns = [
  'lease_holder text collate "C"',
  'lease_until bigint not null default 0',
  'lease_term bigint not null default 0',
];

const statements = [
  `create table jobs (name text collate "C" primary key, ${columns.join(', ')})`,
  ...columns.map((column) => `alter table unwanted_data add column ${column}`),
  // There are few rows at any time, so that writers wait for this no longer than for each other.
  'create index unwanted_data_by_lease on unwanted_data (lease_until)',
];
