import { type Kysely, type Migration, sql } from 'kysely';

/** What a share carries beside its answer, who is muted, the log of each image's shares, and events of projects. */
export const shares: Migration = {
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  'alter table image_members add column note text',
  // The largest safe number is no end: one comparison tells whether a share still holds.
  'alter table image_members add column expires_at integer not null default 9007199254740991',
  'alter table image_members add column set_aside integer not null default 0',
  'alter table image_members add column withdrawal text',
  'alter table image_members add column warned integer not null default 0',
  'drop index image_members_by_project',
  `create index image_members_by_project
    on image_members (project_id, status, image_created_at, image_id, expires_at)`,
  'drop index image_members_by_owner',
  `create index image_members_by_owner
    on image_members (image_owner, project_id, image_visibility, expires_at)`,
  `create index image_members_of_inbox
    on image_members (project_id, status, set_aside, id, image_visibility, image_owner, expires_at, image_id)`,
  'create index image_members_ending on image_members (expires_at) where expires_at < 9007199254740991',

  `create table muted_producers (
    project_id text not null,
    producer_id text not null,
    created_at integer not null,
    primary key (project_id, producer_id)
  ) strict, without rowid`,

  `create table share_log (
    image_id text not null,
    number integer not null,
    at integer not null,
    kind text not null,
    project_id text not null,
    by_project text,
    by_user text,
    details text not null,
    previous text not null,
    hash text not null,
    primary key (image_id, number)
  ) strict, without rowid`,
  'create index share_log_by_project on share_log (image_id, project_id, number)',
  `create trigger share_log_keeps before update on share_log
    begin select raise(abort, 'the share log is only added to'); end`,
  `create trigger share_log_loses_nothing before delete on share_log
    begin select raise(abort, 'the share log is only added to'); end`,

  `create table project_events (
    id integer primary key autoincrement,
    project_id text not null,
    event_id text not null,
    event_type text not null,
    image_id text,
    data text not null,
    created_at integer not null
  ) strict`,
  'create index project_events_by_project on project_events (project_id, id)',
  'create index project_events_by_age on project_events (created_at)',
] as const;
