import { type Kysely, type Migration, sql } from 'kysely';

/**
 * Every table, as the first release on PostgreSQL had them; what each is for stands at its type.
 *
 * Text is compared byte by byte (collation "C"), whatever the language of the database, so that lists are in the
 * same order everywhere and indexes serve them. Whole numbers are `bigint`: sizes and times need 53 bits.
 */
export const schema: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) {
      await sql.raw(statement.replaceAll('$text', 'text collate "C"')).execute(db);
    }
  },
};

/** What decides who sees an image, and its age: an index spans one table only. */
const copies = `owner $text,
    visibility $text not null,
    os_hidden smallint not null,
    image_created_at bigint not null`;

const images = [
  `create table images (
    id $text primary key,
    name $text,
    owner $text,
    status $text not null,
    visibility $text not null,
    protected smallint not null,
    os_hidden smallint not null,
    disk_format $text,
    container_format $text,
    min_disk bigint not null,
    min_ram bigint not null,
    size bigint,
    virtual_size bigint,
    checksum $text,
    os_hash_algo $text,
    os_hash_value $text,
    location $text,
    tags json not null,
    properties json not null,
    created_at bigint not null,
    updated_at bigint not null,
    sort_name $text not null default ''
  )`,
  'create index images_by_owner on images (owner, os_hidden, created_at, id)',
  'create index images_by_visibility on images (visibility, os_hidden, created_at, id) include (owner)',
  `create index images_by_owner_and_name
    on images (owner, os_hidden, sort_name, created_at, id) include (visibility)`,
  `create index images_by_visibility_and_name
    on images (visibility, os_hidden, sort_name, created_at, id) include (owner)`,
  'create index images_by_owner_and_visibility on images (owner, visibility, os_hidden, created_at, id)',
  "create index images_unfinished on images (status) where status in ('saving', 'uploading', 'importing')",

  `create table image_tags (
    image_id $text not null references images (id) on delete cascade,
    tag $text not null,
    ${copies},
    primary key (image_id, tag)
  )`,
  `create index image_tags_by_owner
    on image_tags (owner, os_hidden, tag, image_created_at, image_id) include (visibility)`,
  `create index image_tags_by_visibility
    on image_tags (visibility, os_hidden, tag, image_created_at, image_id) include (owner)`,

  // Of a value that is too long for an index its digest is kept.
  `create table image_properties (
    image_id $text not null references images (id) on delete cascade,
    name $text not null,
    value $text not null,
    ${copies},
    primary key (image_id, name)
  )`,
  `create index image_properties_by_owner
    on image_properties (owner, os_hidden, name, value, image_created_at, image_id) include (visibility)`,
  `create index image_properties_by_visibility
    on image_properties (visibility, os_hidden, name, value, image_created_at, image_id) include (owner)`,

  `create table image_members (
    id bigint generated always as identity primary key,
    image_id $text not null references images (id) on delete cascade,
    project_id $text not null,
    status $text not null check (status in ('pending', 'accepted', 'rejected')),
    created_at bigint not null,
    updated_at bigint not null,
    image_created_at bigint not null,
    image_owner $text,
    image_visibility $text not null default '',
    unique (image_id, project_id)
  )`,
  'create index image_members_by_owner on image_members (image_owner, project_id, image_visibility)',
  'create index image_members_by_project on image_members (project_id, status, image_created_at, image_id)',
  'create table spent_image_ids (id $text primary key)',
  'create table unwanted_data (location $text primary key)',
  `create table pending_deletes (
    image_id $text primary key,
    owner $text,
    size bigint not null,
    location $text not null,
    image json not null,
    members json not null,
    deleted_at bigint not null
  )`,
  'create index pending_deletes_by_age on pending_deletes (deleted_at)',
];

const identity = [
  `create table domains (
    id $text primary key,
    name $text not null unique,
    description $text not null,
    enabled smallint not null check (enabled in (0, 1))
  )`,
  `create table projects (
    id $text primary key,
    domain_id $text not null references domains (id),
    name $text not null,
    description $text not null,
    enabled smallint not null check (enabled in (0, 1)),
    unique (domain_id, name)
  )`,
  `create table users (
    id $text primary key,
    domain_id $text not null references domains (id),
    name $text not null,
    description $text,
    email $text,
    enabled smallint not null check (enabled in (0, 1)),
    default_project_id $text references projects (id) on delete set null,
    password_hash $text,
    token_generation bigint not null,
    unique (domain_id, name)
  )`,
  'create index users_by_default_project on users (default_project_id)',
  `create table roles (
    id $text primary key,
    name $text not null unique,
    description $text
  )`,
  `create table role_assignments (
    id bigint generated always as identity primary key,
    user_id $text not null references users (id) on delete cascade,
    role_id $text not null references roles (id) on delete cascade,
    project_id $text references projects (id) on delete cascade,
    domain_id $text references domains (id) on delete cascade,
    check (project_id is null or domain_id is null),
    unique nulls not distinct (user_id, project_id, domain_id, role_id)
  )`,
  'create index role_assignments_by_project on role_assignments (project_id)',
  'create index role_assignments_by_domain on role_assignments (domain_id)',
  'create index role_assignments_by_role on role_assignments (role_id)',
  `create table application_credentials (
    id $text primary key,
    user_id $text not null references users (id) on delete cascade,
    project_id $text not null references projects (id) on delete cascade,
    name $text not null,
    description $text,
    secret_hash $text not null,
    unrestricted smallint not null check (unrestricted in (0, 1)),
    expires_at bigint,
    unique (user_id, name)
  )`,
  'create index application_credentials_by_project on application_credentials (project_id)',
  `create table application_credential_roles (
    credential_id $text not null references application_credentials (id) on delete cascade,
    role_id $text not null references roles (id) on delete cascade,
    primary key (credential_id, role_id)
  )`,
  'create index application_credential_roles_by_role on application_credential_roles (role_id)',
  'create table revoked_tokens (audit_id $text primary key, expires_at bigint not null)',
  'create index revoked_tokens_by_expiry on revoked_tokens (expires_at)',
  `create table signing_keys (
    id $text primary key,
    secret $text not null,
    created_at bigint not null
  )`,
];

const rest = [
  `create table project_quotas (
    project_id $text not null,
    quota $text not null,
    value bigint not null,
    primary key (project_id, quota)
  )`,
  // Changed with every image: the room on each page lets a change stay on it.
  `create table project_usage (
    project_id $text primary key,
    images bigint not null,
    bytes bigint not null,
    staged_bytes bigint not null,
    uploads bigint not null
  ) with (fillfactor = 50)`,
  `create table upload_reservations (
    image_id $text primary key,
    project_id $text,
    bytes bigint not null,
    process_id $text not null default ''
  )`,
  `create table events (
    id bigint generated always as identity primary key,
    message_id $text not null,
    event_type $text not null,
    priority $text not null,
    payload json not null,
    created_at bigint not null
  )`,
  'create table event_cursors (sink $text primary key, event_id bigint not null)',
  `create table processes (
    id $text primary key,
    started_at bigint not null,
    seen_at bigint not null
  )`,
  'create table secrets (name $text primary key, value $text not null)',
];

const statements = [...images, ...identity, ...rest];
