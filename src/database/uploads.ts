import { type Selectable, sql } from 'kysely';
import type { Upload } from '../domain/upload.ts';
import type { Connection } from './database.ts';
import { clockOf } from './dialect.ts';
import type { UploadRow } from './upload-tables.ts';
import { addUsage } from './usage.ts';

/** A process that is at an upload, and for how long (ms) it is unless it says so again. */
export interface Hold {
  readonly holder: string;
  readonly ttl: number;
}

/** Keeps a new upload, whose bytes count as used from now on. */
export async function insertUpload(db: Connection, upload: Upload): Promise<void> {
  const { id, projectId, userId, imageOwner, size } = upload;
  await db
    .insertInto('uploads')
    .values({
      id,
      image_id: upload.imageId,
      project_id: projectId,
      user_id: userId,
      image_owner: imageOwner,
      store: upload.store,
      bytes: size,
      received: upload.received,
      is_done: 0,
      holder: null,
      held_until: 0,
      expires_at: upload.expiresAt.getTime(),
    })
    .execute();
  await addUsage(db, imageOwner, { uploads: 1, bytes: size });
}

export async function findUpload(db: Connection, id: string): Promise<Upload | undefined> {
  const row = await db.selectFrom('uploads').selectAll().where('id', '=', id).executeTakeFirst();
  return row && uploadFromRow(row);
}

/** The upload that an image waits for. */
export async function findUploadTo(db: Connection, imageId: string): Promise<Upload | undefined> {
  const row = await db
    .selectFrom('uploads')
    .selectAll()
    .where('image_id', '=', imageId)
    .where('is_done', '=', 0)
    .executeTakeFirst();
  return row && uploadFromRow(row);
}

/** An upload of the same to the same image by the same user, to which nothing has come, and that nobody is at. */
export async function findUnused(
  db: Connection,
  wanted: Pick<Upload, 'imageId' | 'projectId' | 'store' | 'size'> & { readonly userId: string },
): Promise<Upload | undefined> {
  const { imageId, projectId, userId, store, size } = wanted;
  const row = await db
    .selectFrom('uploads')
    .selectAll()
    .where('image_id', '=', imageId)
    .where('project_id', '=', projectId)
    .where('user_id', '=', userId)
    .where('store', store === null ? 'is' : '=', store)
    .where('bytes', '=', size)
    .where('received', '=', 0)
    .where('is_done', '=', 0)
    .where('holder', 'is', null)
    .executeTakeFirst();
  return row && uploadFromRow(row);
}

function uploadFromRow(row: Selectable<UploadRow>): Upload {
  return {
    id: row.id,
    imageId: row.image_id,
    projectId: row.project_id,
    userId: row.user_id,
    imageOwner: row.image_owner,
    store: row.store,
    size: row.bytes,
    received: row.received,
    isDone: row.is_done !== 0,
    expiresAt: new Date(row.expires_at),
  };
}

/** Makes `holder` the one process that is at an upload; false while another one is. */
export async function holdUpload(
  db: Connection,
  id: string,
  { holder, ttl }: Hold,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('uploads')
    .set({ holder, held_until: sql`${clockOf(db)} + ${sql.lit(ttl)}` })
    .where('id', '=', id)
    .where((eb) =>
      eb.or([
        eb('holder', 'is', null),
        eb('holder', '=', holder),
        eb('held_until', '<', sql<number>`${clockOf(db)}`),
      ]),
    )
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Goes on holding an upload; false when another process has taken it over, or it is gone. */
export async function keepUpload(
  db: Connection,
  id: string,
  { holder, ttl }: Hold,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('uploads')
    .set({ held_until: sql`${clockOf(db)} + ${sql.lit(ttl)}` })
    .where('id', '=', id)
    .where('holder', '=', holder)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Says how much has come; false when `holder` is not at the upload any more, or that is more than was to come. */
export async function saveReceived(
  db: Connection,
  id: string,
  { holder, received, expiresAt }: Pick<Hold, 'holder'> & Pick<Upload, 'received' | 'expiresAt'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('uploads')
    .set({ received, expires_at: expiresAt.getTime() })
    .where('id', '=', id)
    .where('bytes', '>=', received)
    .where('holder', '=', holder)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Lets others be at an upload. */
export async function releaseUpload(db: Connection, id: string, holder: string): Promise<void> {
  const free = { holder: null, held_until: 0 };
  await db
    .updateTable('uploads')
    .set(free)
    .where('id', '=', id)
    .where('holder', '=', holder)
    .execute();
}

/** Has whoever looks for uploads to end leave one alone for so long (ms) that nobody is at; its sender may go on with it. */
export async function postponeUpload(db: Connection, id: string, time: number): Promise<void> {
  await db
    .updateTable('uploads')
    .set({ held_until: sql`${clockOf(db)} + ${sql.lit(time)}` })
    .where('id', '=', id)
    .where('holder', 'is', null)
    .execute();
}

/** Lets others be at what this process was at when it ended. */
export async function releaseUploads(db: Connection, holder: string): Promise<void> {
  const free = { holder: null, held_until: 0 };
  await db.updateTable('uploads').set(free).where('holder', '=', holder).execute();
}

/** Says that the image has the data, which counts as the image's; false when `holder` is not at it any more. */
export async function finishUpload(db: Connection, id: string, holder: string): Promise<boolean> {
  const row = await db
    .updateTable('uploads')
    .set({ is_done: 1, holder: null, held_until: 0 })
    .where('id', '=', id)
    .where('holder', '=', holder)
    .where('is_done', '=', 0)
    .returning(['image_owner', 'bytes'])
    .executeTakeFirst();
  if (row) await addUsage(db, row.image_owner, { uploads: -1, bytes: -row.bytes });
  return row !== undefined;
}

/** Forgets an upload and gives back what it has set aside. */
export async function deleteUpload(db: Connection, id: string): Promise<void> {
  const row = await db
    .deleteFrom('uploads')
    .where('id', '=', id)
    .returning(['image_owner', 'bytes', 'is_done'])
    .executeTakeFirst();
  if (row?.is_done === 0) {
    await addUsage(db, row.image_owner, { uploads: -1, bytes: -row.bytes });
  }
}

/** Uploads of which all has come, and that nobody is at. */
export async function listWhole(db: Connection): Promise<readonly Upload[]> {
  const rows = await db
    .selectFrom('uploads')
    .selectAll()
    .where('is_done', '=', 0)
    .whereRef('received', '=', 'bytes')
    .where('held_until', '<', sql<number>`${clockOf(db)}`)
    .limit(100)
    .execute();
  return rows.map(uploadFromRow);
}

/** Uploads that go on. */
export async function listOpen(db: Connection): Promise<readonly Upload[]> {
  const rows = await db.selectFrom('uploads').selectAll().where('is_done', '=', 0).execute();
  return rows.map(uploadFromRow);
}

/** Uploads whose time is over, and that nobody is at. */
export async function listExpired(db: Connection, now: Date): Promise<readonly Upload[]> {
  const rows = await db
    .selectFrom('uploads')
    .selectAll()
    .where('expires_at', '<=', now.getTime())
    .where('held_until', '<', sql<number>`${clockOf(db)}`)
    .orderBy('expires_at')
    .limit(100)
    .execute();
  return rows.map(uploadFromRow);
}
