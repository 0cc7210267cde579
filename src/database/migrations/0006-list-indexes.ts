import { type Kysely, type Migration, sql } from 'kysely';

/** Indexes by which a list that asks for a name, a tag, a property or a visibility finds its page alone. */
export const listIndexes: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

/** What decides who sees an image, and its age, are copied: an index spans one table only. */
const copies = `owner text,
    visibility text not null,
    os_hidden integer not null,
    image_created_at integer not null`;

const copied = 'images.owner, images.visibility, images.os_hidden, images.created_at';

const statements = [
  'drop index images_by_name',
  // A column rather than an index over an expression, with which SQLite looks into the table for each entry.
  "alter table images add column sort_name text not null default ''",
  "update images set sort_name = name where name <> ''",
  `create index images_by_owner_and_name
    on images (owner, os_hidden, sort_name, created_at, id, visibility)`,
  `create index images_by_visibility_and_name
    on images (visibility, os_hidden, sort_name, created_at, id, owner)`,
  'create index images_by_owner_and_visibility on images (owner, visibility, os_hidden, created_at, id)',
  // The list of everything is made of the four visibilities.
  'drop index images_by_age',

  'alter table image_tags rename to old_image_tags',
  `create table image_tags (
    image_id text not null references images (id) on delete cascade,
    tag text not null,
    ${copies},
    primary key (image_id, tag)
  ) strict, without rowid`,
  `insert into image_tags
    select images.id, tag, ${copied} from old_image_tags join images on images.id = image_id
    order by images.id, tag`,
  'drop table old_image_tags',
  `create index image_tags_by_owner
    on image_tags (owner, os_hidden, tag, image_created_at, image_id, visibility)`,
  `create index image_tags_by_visibility
    on image_tags (visibility, os_hidden, tag, image_created_at, image_id, owner)`,

  'alter table image_properties rename to old_image_properties',
  `create table image_properties (
    image_id text not null references images (id) on delete cascade,
    name text not null,
    value text not null,
    ${copies},
    primary key (image_id, name)
  ) strict, without rowid`,
  `insert into image_properties
    select images.id, old.name, value, ${copied}
    from old_image_properties as old join images on images.id = image_id
    order by images.id, old.name`,
  'drop table old_image_properties',
  `create index image_properties_by_owner
    on image_properties (owner, os_hidden, name, value, image_created_at, image_id, visibility)`,
  `create index image_properties_by_visibility
    on image_properties (visibility, os_hidden, name, value, image_created_at, image_id, owner)`,
] as const;
