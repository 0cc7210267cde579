import { type Kysely, type Migration, sql } from 'kysely';

/** Images, their members and tags, ids never to be given out again, and data waiting to be removed. */
export const images: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table images (
    id text primary key,
    name text,
    owner text,
    status text not null,
    visibility text not null,
    protected integer not null,
    os_hidden integer not null,
    disk_format text,
    container_format text,
    min_disk integer not null,
    min_ram integer not null,
    size integer,
    virtual_size integer,
    checksum text,
    os_hash_algo text,
    os_hash_value text,
    location text,
    tags text not null,
    properties text not null,
    created_at integer not null,
    updated_at integer not null
  ) strict, without rowid`,
  // The three ranges of the default list: own, public, and (by image_members) shared with me.
  'create index images_by_owner on images (owner, os_hidden, created_at, id)',
  'create index images_by_visibility on images (visibility, os_hidden, created_at, id, owner)',
  'create index images_by_age on images (os_hidden, created_at, id)',
  'create index images_by_name on images (name, created_at, id)',
  // Few images are in these states at a time; start-up looks for them.
  "create index images_unfinished on images (status) where status in ('saving', 'uploading', 'importing')",
  `create table image_tags (
    tag text not null,
    image_id text not null references images (id) on delete cascade,
    primary key (tag, image_id)
  ) strict, without rowid`,
  'create index image_tags_by_image on image_tags (image_id)',
  `create table image_properties (
    name text not null,
    value text not null,
    image_id text not null references images (id) on delete cascade,
    primary key (name, value, image_id)
  ) strict, without rowid`,
  'create index image_properties_by_image on image_properties (image_id)',
  // The id is the order of adding, which lists keep.
  `create table image_members (
    id integer primary key autoincrement,
    image_id text not null references images (id) on delete cascade,
    project_id text not null,
    status text not null check (status in ('pending', 'accepted', 'rejected')),
    created_at integer not null,
    updated_at integer not null,
    image_created_at integer not null,
    unique (image_id, project_id)
  ) strict`,
  'create index image_members_by_project on image_members (project_id, status, image_created_at, image_id)',
  'create table spent_image_ids (id text primary key) strict, without rowid',
  'create table unwanted_data (location text primary key) strict, without rowid',
] as const;
