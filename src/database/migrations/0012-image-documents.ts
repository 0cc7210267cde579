import { type Kysely, type Migration, sql } from 'kysely';

/**
 * The document of each image as it goes out, so that showing and listing images read one value rather than
 * twenty. Triggers write it, whoever changes an image; `imageJson` says the same in code.
 */
export const imageDocuments: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const wireTime = (column: string) =>
  `strftime('%Y-%m-%dT%H:%M:%SZ', ${column} / 1000, 'unixepoch')`;

/**
 * The document of a row of `images` under that name.
 *
 * @param more SQL of what stands before the custom properties
 */
export const documentOf = (row: 'images' | 'new', more = "''") => `
  '{"name":' || json_quote(${row}.name)
  || ',"disk_format":' || json_quote(${row}.disk_format)
  || ',"container_format":' || json_quote(${row}.container_format)
  || ',"visibility":"' || ${row}.visibility
  || '","size":' || coalesce(${row}.size, 'null')
  || ',"virtual_size":' || coalesce(${row}.virtual_size, 'null')
  || ',"status":"' || ${row}.status
  || '","checksum":' || json_quote(${row}.checksum)
  || ',"protected":' || iif(${row}.protected, 'true', 'false')
  || ',"min_ram":' || ${row}.min_ram
  || ',"min_disk":' || ${row}.min_disk
  || ',"owner":' || json_quote(${row}.owner)
  || ',"os_hidden":' || iif(${row}.os_hidden, 'true', 'false')
  || ',"os_hash_algo":' || json_quote(${row}.os_hash_algo)
  || ',"os_hash_value":' || json_quote(${row}.os_hash_value)
  || ',"id":"' || ${row}.id
  || '","created_at":"' || ${wireTime(`${row}.created_at`)}
  || '","updated_at":"' || ${wireTime(`${row}.updated_at`)}
  || '","tags":' || ${row}.tags
  || ',"self":"/v2/images/' || ${row}.id
  || '","file":"/v2/images/' || ${row}.id
  || '/file","schema":"/v2/schemas/image"' || ${more}
  || iif(${row}.properties = '{}', '}', ',' || substr(${row}.properties, 2))`;

const statements = [
  // With row ids: a document is too long for a page of keys.
  `create table image_documents (
    image_id text primary key references images (id) on delete cascade,
    owner text,
    visibility text not null,
    document text not null
  ) strict`,
  `insert into image_documents select id, owner, visibility, ${documentOf('images')} from images`,
  `create trigger image_documents_of_new after insert on images begin
    insert into image_documents values (new.id, new.owner, new.visibility, ${documentOf('new')});
  end`,
  `create trigger image_documents_of_changed after update on images begin
    update image_documents
      set owner = new.owner, visibility = new.visibility, document = ${documentOf('new')}
      where image_id = new.id;
  end`,
] as const;
