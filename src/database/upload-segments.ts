import type { Selectable } from 'kysely';
import type { UploadSegment } from '../domain/upload.ts';
import type { Connection } from './database.ts';
import type { UploadSegmentRow } from './upload-tables.ts';

/** Notes a piece before its first byte. */
export async function insertSegment(
  db: Connection,
  uploadId: string,
  segment: UploadSegment,
): Promise<void> {
  const { dataId, store, number, size, processId } = segment;
  const values = { data_id: dataId, upload_id: uploadId, store, number, bytes: size };
  await db
    .insertInto('upload_segments')
    .values({ ...values, process_id: processId })
    .execute();
}

/** Says how much of a piece is on stable storage. @param size bytes */
export async function setSegmentSize(db: Connection, dataId: string, size: number): Promise<void> {
  await db
    .updateTable('upload_segments')
    .set({ bytes: size })
    .where('data_id', '=', dataId)
    .execute();
}

/** The pieces of an upload, in their order. */
export async function listSegments(
  db: Connection,
  uploadId: string,
): Promise<readonly UploadSegment[]> {
  const rows = await db
    .selectFrom('upload_segments')
    .selectAll()
    .where('upload_id', '=', uploadId)
    .orderBy('number')
    .execute();
  return rows.map(segmentFromRow);
}

function segmentFromRow(row: Selectable<UploadSegmentRow>): UploadSegment {
  return {
    dataId: row.data_id,
    store: row.store,
    number: row.number,
    size: row.bytes,
    processId: row.process_id,
  };
}

/** Pieces that nobody needs any more: their upload is done, or gone. */
export async function listForgottenSegments(db: Connection): Promise<readonly UploadSegment[]> {
  const rows = await db
    .selectFrom('upload_segments')
    .leftJoin('uploads', 'uploads.id', 'upload_segments.upload_id')
    .selectAll('upload_segments')
    .where((eb) => eb.or([eb('uploads.id', 'is', null), eb('uploads.is_done', '=', 1)]))
    .limit(1000)
    .execute();
  return rows.map(segmentFromRow);
}

/** Forgets a piece once it is removed. */
export async function deleteSegment(db: Connection, dataId: string): Promise<void> {
  await db.deleteFrom('upload_segments').where('data_id', '=', dataId).execute();
}
