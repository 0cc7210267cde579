import { type Selectable, sql } from 'kysely';
import type { DamagedData, DataCheckSummary, UnreadableData } from '../domain/data-check.ts';
import type { ImageLocation } from '../domain/location.ts';
import type { Connection } from './database.ts';
import { imageFromRow } from './image-rows.ts';
import type { ImageRow } from './image-tables.ts';
import { prepared } from './prepared.ts';

/** Notes data that has just been stored, with the checksums of its chunks where they are known. */
export async function insertDataCheck(
  db: Connection,
  imageId: string,
  { sums, at }: { readonly sums: Uint8Array | undefined; readonly at: Date },
): Promise<void> {
  const verified_at = sums ? at.getTime() : 0;
  await db
    .insertInto('data_checks')
    .values({ image_id: imageId, sums: sums ? Buffer.from(sums) : null, verified_at })
    .execute();
}

/** Forgets the checksums of an image whose data is given up. */
export async function deleteDataCheck(db: Connection, imageId: string): Promise<void> {
  await db.deleteFrom('data_checks').where('image_id', '=', imageId).execute();
  await db.deleteFrom('unreadable_data').where('image_id', '=', imageId).execute();
}

/** How far the data of an image can be trusted. */
export interface DataCheck {
  readonly sums: Uint8Array | undefined;
  readonly isDamaged: boolean;
}

const selectCheck = prepared<
  { id: string },
  { sums: Uint8Array | null; damaged_at: number | null }
>((db, value) =>
  db.selectFrom('data_checks').select(['sums', 'damaged_at']).where('image_id', '=', value('id')),
);

/** What is known of an image's data; undefined when nothing is. */
export async function findDataCheck(
  db: Connection,
  imageId: string,
): Promise<DataCheck | undefined> {
  const { rows } = await selectCheck(db, { id: imageId });
  const [row] = rows;
  return row && { sums: row.sums ?? undefined, isDamaged: row.damaged_at !== null };
}

/** Notes that the data is not as it was stored from `position` on; false when that is known, or the image is gone. */
export async function markDamaged(
  db: Connection,
  imageId: string,
  { position, at }: { readonly position: number; readonly at: Date },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('data_checks')
    .set({ damaged_at: at.getTime(), damaged_position: position })
    .where('image_id', '=', imageId)
    .where('damaged_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Notes that all of the data is as it was stored, with the checksums of its chunks. */
export async function markVerified(
  db: Connection,
  imageId: string,
  { sums, at }: { readonly sums: Uint8Array | undefined; readonly at: Date },
): Promise<void> {
  const values = { verified_at: at.getTime(), damaged_at: null, damaged_position: null };
  await db
    .updateTable('data_checks')
    .set({ ...values, sums: sums ? Buffer.from(sums) : null })
    .where('image_id', '=', imageId)
    .execute();
  await db.deleteFrom('unreadable_data').where('image_id', '=', imageId).execute();
}

/** Takes the mark off data that was found to be as it was stored; whether there was one. */
export async function unmarkDamaged(db: Connection, imageId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('data_checks')
    .set({ damaged_at: null, damaged_position: null })
    .where('image_id', '=', imageId)
    .where('damaged_at', 'is not', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Notes that the data was looked at, whatever came of it, so that other data has its turn. */
export async function markLookedAt(
  db: Connection,
  imageId: string,
  { sums, at }: { readonly sums: Uint8Array | undefined; readonly at: Date },
): Promise<void> {
  await db
    .updateTable('data_checks')
    .set({ verified_at: at.getTime(), sums: sums ? Buffer.from(sums) : null })
    .where('image_id', '=', imageId)
    .execute();
  await db.deleteFrom('unreadable_data').where('image_id', '=', imageId).execute();
}

/** Notes that the data could not be read. */
export async function markUnreadable(db: Connection, imageId: string, at: Date): Promise<void> {
  await db
    .insertInto('unreadable_data')
    .values({ image_id: imageId, found_at: at.getTime() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Data that is to be read, with what it is to be. */
export interface DueData {
  readonly imageId: string;
  readonly locations: readonly ImageLocation[];
  /** Bytes. */
  readonly size: number;
  /** SHA-512, lower-case hex; null when the image has another hash. */
  readonly sha512: string | null;
}

/** Images whose data nobody has looked at since `before`, those first that have waited longest. */
export async function listDueData(
  db: Connection,
  before: Date,
  limit: number,
): Promise<readonly DueData[]> {
  const rows = await dataDue(db, before, limit).execute();
  return rows.map(dueFromRow);
}

/** Those of them whose data was not as it should be when it was last looked at. */
export async function listTroubledData(
  db: Connection,
  before: Date,
  limit: number,
): Promise<readonly DueData[]> {
  const rows = await dataDue(db, before, limit)
    .where((eb) =>
      eb.or([
        eb('data_checks.image_id', 'in', (inner) =>
          inner
            .selectFrom('data_checks as marked')
            .select('marked.image_id')
            .where('marked.damaged_at', 'is not', null),
        ),
        eb('data_checks.image_id', 'in', (inner) =>
          inner.selectFrom('unreadable_data').select('unreadable_data.image_id'),
        ),
      ]),
    )
    .execute();
  return rows.map(dueFromRow);
}

function dataDue(db: Connection, before: Date, limit: number) {
  return db
    .selectFrom('data_checks')
    .innerJoin('images', 'images.id', 'data_checks.image_id')
    .selectAll('images')
    .where('data_checks.verified_at', '<', before.getTime())
    .where('images.location', 'is not', null)
    .orderBy('data_checks.verified_at')
    .limit(limit);
}

function dueFromRow(row: Selectable<ImageRow>): DueData {
  const { id, locations, size, osHashAlgo, osHashValue } = imageFromRow(row);
  const sha512 = osHashAlgo === 'sha512' ? osHashValue : null;
  return { imageId: id, locations, size: size ?? 0, sha512 };
}

/** Adds up over all images with data. */
export async function summarizeDataChecks(db: Connection, since: Date): Promise<DataCheckSummary> {
  const row = await db
    .selectFrom('data_checks')
    .innerJoin('images', 'images.id', 'data_checks.image_id')
    .select(({ fn }) => [
      fn.countAll<number>().as('images'),
      sql<number>`coalesce(sum(images.size), 0)`.as('bytes'),
      sql<number>`coalesce(sum(case when verified_at >= ${since.getTime()} then 1 else 0 end), 0)`.as(
        'verified',
      ),
      sql<number>`coalesce(sum(case when sums is null then 1 else 0 end), 0)`.as('without_sums'),
      sql<number | null>`min(verified_at)`.as('oldest'),
    ])
    .executeTakeFirstOrThrow();
  const oldest = Number(row.oldest ?? 0);
  return {
    images: Number(row.images),
    bytes: Number(row.bytes),
    verified: Number(row.verified),
    withoutSums: Number(row.without_sums),
    oldest: oldest === 0 ? undefined : new Date(oldest),
  };
}

/** Images whose data is damaged, the longest known first. */
export async function listDamagedData(
  db: Connection,
  limit: number,
): Promise<readonly DamagedData[]> {
  const rows = await db
    .selectFrom('data_checks')
    .select(['image_id', 'damaged_at', 'damaged_position'])
    .where('damaged_at', 'is not', null)
    .orderBy('damaged_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    imageId: row.image_id,
    at: new Date(row.damaged_at ?? 0),
    position: row.damaged_position ?? 0,
  }));
}

/** Images whose data could not be read, the longest known first. */
export async function listUnreadableData(
  db: Connection,
  limit: number,
): Promise<readonly UnreadableData[]> {
  const rows = await db
    .selectFrom('unreadable_data')
    .selectAll()
    .orderBy('found_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ imageId: row.image_id, at: new Date(row.found_at) }));
}
