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

const json = (column: string) => `coalesce(to_json(${column})::text, 'null')`;

const wireTime = (column: string) =>
  `to_char(to_timestamp(${column} / 1000) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/**
 * The document of a row of `images` under that name.
 *
 * @param more SQL of what stands before the custom properties
 */
export const documentOf = (row: 'images' | 'new', more = "''") => `
  '{"name":' || ${json(`${row}.name`)}
  || ',"disk_format":' || ${json(`${row}.disk_format`)}
  || ',"container_format":' || ${json(`${row}.container_format`)}
  || ',"visibility":"' || ${row}.visibility
  || '","size":' || coalesce(${row}.size::text, 'null')
  || ',"virtual_size":' || coalesce(${row}.virtual_size::text, 'null')
  || ',"status":"' || ${row}.status
  || '","checksum":' || ${json(`${row}.checksum`)}
  || ',"protected":' || case when ${row}.protected = 1 then 'true' else 'false' end
  || ',"min_ram":' || ${row}.min_ram
  || ',"min_disk":' || ${row}.min_disk
  || ',"owner":' || ${json(`${row}.owner`)}
  || ',"os_hidden":' || case when ${row}.os_hidden = 1 then 'true' else 'false' end
  || ',"os_hash_algo":' || ${json(`${row}.os_hash_algo`)}
  || ',"os_hash_value":' || ${json(`${row}.os_hash_value`)}
  || ',"id":"' || ${row}.id
  || '","created_at":"' || ${wireTime(`${row}.created_at`)}
  || '","updated_at":"' || ${wireTime(`${row}.updated_at`)}
  || '","tags":' || ${row}.tags::text
  || ',"self":"/v2/images/' || ${row}.id
  || '","file":"/v2/images/' || ${row}.id
  || '/file","schema":"/v2/schemas/image"' || ${more}
  || case when ${row}.properties::text = '{}' then '}' else ',' || substr(${row}.properties::text, 2) end`;

const statements = [
  `create table image_documents (
    image_id text collate "C" primary key references images (id) on delete cascade,
    owner text collate "C",
    visibility text collate "C" not null,
    document text collate "C" not null
  )`,
  `create function keep_image_document() returns trigger language plpgsql as $$ begin
    insert into image_documents values (new.id, new.owner, new.visibility, ${documentOf('new')})
      on conflict (image_id) do update
      set owner = excluded.owner, visibility = excluded.visibility, document = excluded.document;
    return null;
  end $$`,
  `create trigger image_documents_of_images after insert or update on images
    for each row execute function keep_image_document()`,
  // Only now: making the trigger has waited for whoever was changing images, and lets nobody begin before the end.
  `insert into image_documents select id, owner, visibility, ${documentOf('images')} from images`,
] as const;
