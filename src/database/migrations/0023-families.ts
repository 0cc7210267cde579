import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** Families of images, groups of projects, and which shares are theirs. */
export const families: SchemaStep = {
  compatibleFrom: '0017-access',
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  `create table families (
    id text primary key,
    owner text not null,
    name text not null,
    current integer,
    updated_at integer not null,
    unique (owner, name)
  ) strict, without rowid`,
  `create table family_versions (
    family_id text not null references families (id) on delete cascade,
    number integer not null,
    image_id text not null references images (id) on delete cascade,
    previous integer,
    by_user text not null,
    promoted_at integer not null,
    deprecated_at integer,
    replacement_id text,
    primary key (family_id, number)
  ) strict, without rowid`,
  'create index family_versions_by_image on family_versions (image_id)',
  `create table family_members (
    family_id text not null references families (id) on delete cascade,
    project_id text not null,
    note text,
    created_at integer not null,
    primary key (family_id, project_id)
  ) strict, without rowid`,
  'create index family_members_by_project on family_members (project_id, family_id)',

  `create table share_groups (
    id text primary key,
    owner text not null,
    name text not null,
    note text,
    created_at integer not null,
    unique (owner, name)
  ) strict, without rowid`,
  `create table share_group_members (
    group_id text not null references share_groups (id) on delete cascade,
    project_id text not null,
    primary key (group_id, project_id)
  ) strict, without rowid`,
  `create table share_group_images (
    group_id text not null references share_groups (id) on delete cascade,
    image_id text not null references images (id) on delete cascade,
    primary key (group_id, image_id)
  ) strict, without rowid`,
  'create index share_group_images_by_image on share_group_images (image_id)',

  `create table share_sources (
    image_id text not null,
    project_id text not null,
    source text not null,
    primary key (image_id, project_id, source),
    foreign key (image_id, project_id) references image_members (image_id, project_id) on delete cascade
  ) strict, without rowid`,
  'create index share_sources_by_source on share_sources (source, project_id)',
] as const;
