import { type Kysely, type Migration, sql } from 'kysely';
import { documentOf } from './0012-image-documents.ts';

/** Data in several stores, and data on its way into them. */
export const imports: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

/** The member of a document that tells in which stores the data is; nothing where there is but one store. */
const storesOf = (row: string) => `iif(${row}.locations is null, '', coalesce((
  select ',"stores":' || json_quote(group_concat(
    json_extract(value, '$.store'), ',' order by json_extract(value, '$.store')))
  from json_each(${row}.locations) where json_extract(value, '$.store') is not null
  having count(*) > 0), ''))`;

const document = documentOf('new', storesOf('new'));

const statements = [
  // JSON; null where `location` tells all.
  'alter table images add column locations text',
  'drop trigger image_documents_of_new',
  'drop trigger image_documents_of_changed',
  `create trigger image_documents_of_new after insert on images begin
    insert into image_documents values (new.id, new.owner, new.visibility, ${document});
  end`,
  `create trigger image_documents_of_changed after update on images begin
    update image_documents
      set owner = new.owner, visibility = new.visibility, document = ${document}
      where image_id = new.id;
  end`,
  'alter table unwanted_data add column store text',
  'alter table upload_reservations add column staged_bytes integer not null default 0',
  'alter table upload_reservations add column store text',
  'alter table upload_reservations add column data_id text',
  // No reference to images: what is noted here is in the way until somebody has removed it.
  `create table image_imports (
    image_id text primary key,
    project_id text,
    bytes integer not null,
    staged_bytes integer not null,
    store text,
    url text,
    size integer,
    checksum text,
    sha512 text,
    checked_as text,
    virtual_size integer
  ) strict, without rowid`,
  `create table import_data (
    id text primary key,
    store text,
    task_id text not null
  ) strict, without rowid`,
  'create index import_data_by_task on import_data (task_id)',
] as const;
