import { type Kysely, sql } from 'kysely';
import type { SchemaStep } from '../schema-steps.ts';

/** Uploads that can be resumed, and the pieces in which their data has come so far. */
export const uploads: SchemaStep = {
  // A release before it leaves these uploads alone: what it sees of them is an image that is saving.
  compatibleFrom: '0017-access',
  async up(db: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};

const statements = [
  // No reference to images: what an upload has set aside is to be given back when its image is gone.
  `create table uploads (
    id text not null primary key,
    image_id text not null,
    project_id text not null,
    image_owner text,
    store text,
    bytes integer not null,
    received integer not null,
    is_done integer not null,
    holder text,
    held_until integer not null,
    expires_at integer not null
  ) strict, without rowid`,
  'create index uploads_by_image on uploads (image_id)',
  'create index uploads_by_expiry on uploads (expires_at)',
  'create index uploads_whole on uploads (held_until) where is_done = 0 and received = bytes',
  `create table upload_segments (
    data_id text not null primary key,
    upload_id text not null,
    store text,
    number integer not null,
    bytes integer not null,
    process_id text not null
  ) strict, without rowid`,
  'create index upload_segments_by_upload on upload_segments (upload_id, number)',
] as const;
