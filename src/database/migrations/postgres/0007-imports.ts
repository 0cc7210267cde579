import { type Kysely, type Migration, sql } from 'kysely';
import { documentOf } from './0005-image-documents.ts';

/** Data in several stores, and data on its way into them. */
export const imports: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

/** The member of a document that tells in which stores the data is; nothing where there is but one store. */
const stores = `case when new.locations is null then '' else coalesce((
  select ',"stores":' || to_json(string_agg(value ->> 'store', ',' order by value ->> 'store' collate "C"))::text
  from json_array_elements(new.locations::json) as each (value)
  where value ->> 'store' is not null having count(*) > 0), '') end`;

const statements = [
  // JSON; null where `location` tells all.
  'alter table images add column locations text collate "C"',
  `create or replace function keep_image_document() returns trigger language plpgsql as $$ begin
    insert into image_documents values (new.id, new.owner, new.visibility, ${documentOf('new', stores)})
      on conflict (image_id) do update
      set owner = excluded.owner, visibility = excluded.visibility, document = excluded.document;
    return null;
  end $$`,
  'alter table unwanted_data add column store text collate "C"',
  'alter table upload_reservations add column staged_bytes bigint not null default 0',
  'alter table upload_reservations add column store text collate "C"',
  'alter table upload_reservations add column data_id text collate "C"',
  // No reference to images: what is noted here is in the way until somebody has removed it.
  `create table image_imports (
    image_id text collate "C" primary key,
    project_id text collate "C",
    bytes bigint not null,
    staged_bytes bigint not null,
    store text collate "C",
    url text collate "C",
    size bigint,
    checksum text collate "C",
    sha512 text collate "C",
    checked_as text collate "C",
    virtual_size bigint
  )`,
  `create table import_data (
    id text collate "C" primary key,
    store text collate "C",
    task_id text collate "C" not null
  )`,
  'create index import_data_by_task on import_data (task_id)',
] as const;
