import { type Kysely, type Migration, sql } from 'kysely';

/** What a share carries beside its answer, who is muted, the log of each image's shares, and events of projects. */
export const shares: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) {
      await sql.raw(statement.replaceAll('$text', 'text collate "C"')).execute(db);
    }
  },
};

const statements = [
  'alter table image_members add column note $text',
  // The largest safe number is no end: one comparison tells whether a share still holds.
  'alter table image_members add column expires_at bigint not null default 9007199254740991',
  'alter table image_members add column set_aside smallint not null default 0',
  'alter table image_members add column withdrawal $text',
  'alter table image_members add column warned smallint not null default 0',
  'drop index image_members_by_project',
  `create index image_members_by_project
    on image_members (project_id, status, image_created_at, image_id) include (expires_at)`,
  'drop index image_members_by_owner',
  `create index image_members_by_owner
    on image_members (image_owner, project_id, image_visibility) include (expires_at)`,
  `create index image_members_of_inbox on image_members (project_id, status, set_aside, id)
    include (image_visibility, image_owner, expires_at, image_id)`,
  'create index image_members_ending on image_members (expires_at) where expires_at < 9007199254740991',

  `create table muted_producers (
    project_id $text not null,
    producer_id $text not null,
    created_at bigint not null,
    primary key (project_id, producer_id)
  )`,

  `create table share_log (
    image_id $text not null,
    number bigint not null,
    at bigint not null,
    kind $text not null,
    project_id $text not null,
    by_project $text,
    by_user $text,
    details $text not null,
    previous $text not null,
    hash $text not null,
    primary key (image_id, number)
  )`,
  'create index share_log_by_project on share_log (image_id, project_id, number)',
  `create function share_log_is_added_to() returns trigger language plpgsql as
    $$ begin raise exception 'the share log is only added to'; end $$`,
  `create trigger share_log_keeps before update or delete or truncate on share_log
    for each statement execute function share_log_is_added_to()`,

  `create table project_events (
    id bigint generated always as identity primary key,
    project_id $text not null,
    event_id $text not null,
    event_type $text not null,
    image_id $text,
    data $text not null,
    created_at bigint not null
  )`,
  'create index project_events_by_project on project_events (project_id, id)',
  'create index project_events_by_age on project_events (created_at)',
] as const;
