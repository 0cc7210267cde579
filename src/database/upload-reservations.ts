import type { Image } from '../domain/image.ts';
import { countedBytes } from '../domain/location.ts';
import type { BytesKind, Usage } from '../domain/quota.ts';
import type { Connection } from './database.ts';
import { findImageImport } from './image-imports.ts';
import { findUploadTo } from './uploads.ts';
import { addUsage } from './usage.ts';

/** What is set aside for one upload. */
export interface Reservation {
  readonly imageId: string;
  /** The owner of the image. */
  readonly projectId: string | null;
  readonly bytes: number;
  /** The same of an upload that is staged. */
  readonly stagedBytes: number;
  /** The process that takes the upload. */
  readonly processId: string;
  /** The store that takes the data; null where there is but one. */
  readonly store: string | null;
  /** By which the store knows the data. */
  readonly dataId: string;
}

/** Sets room aside for an upload that begins; it counts as used from now on. */
export async function insertReservation(
  db: Connection,
  { imageId, projectId, bytes, stagedBytes, processId, store, dataId }: Reservation,
): Promise<void> {
  await db
    .insertInto('upload_reservations')
    .values({
      image_id: imageId,
      project_id: projectId,
      bytes,
      staged_bytes: stagedBytes,
      process_id: processId,
      store,
      data_id: dataId === imageId ? null : dataId,
    })
    .execute();
  await addUsage(db, projectId, { uploads: 1, bytes, stagedBytes });
}

/** What is set aside for an image's upload. */
export async function findReservation(
  db: Connection,
  imageId: string,
): Promise<Reservation | undefined> {
  const row = await db
    .selectFrom('upload_reservations')
    .selectAll()
    .where('image_id', '=', imageId)
    .executeTakeFirst();
  return (
    row && {
      imageId,
      projectId: row.project_id,
      bytes: row.bytes,
      stagedBytes: row.staged_bytes,
      processId: row.process_id,
      store: row.store,
      dataId: row.data_id ?? imageId,
    }
  );
}

/** Makes another process the one that takes an upload; false when `from` is it no more. */
export async function passReservation(
  db: Connection,
  imageId: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('upload_reservations')
    .set({ process_id: to })
    .where('image_id', '=', imageId)
    .where('process_id', '=', from)
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Sets more room aside. */
export async function extendReservation(
  db: Connection,
  { imageId, projectId, ...reserved }: Reservation,
  added: Partial<Pick<Reservation, BytesKind>>,
): Promise<void> {
  const { bytes = 0, stagedBytes = 0 } = added;
  await db
    .updateTable('upload_reservations')
    .set({ bytes: reserved.bytes + bytes, staged_bytes: reserved.stagedBytes + stagedBytes })
    .where('image_id', '=', imageId)
    .execute();
  await addUsage(db, projectId, { bytes, stagedBytes });
}

/** Gives the room of an upload that ended back; returns what it was. */
export async function deleteReservation(
  db: Connection,
  imageId: string,
): Promise<Reservation | undefined> {
  const reservation = await findReservation(db, imageId);
  if (!reservation) return undefined;
  await db.deleteFrom('upload_reservations').where('image_id', '=', imageId).execute();
  const { projectId, bytes, stagedBytes } = reservation;
  await addUsage(db, projectId, { uploads: -1, bytes: -bytes, stagedBytes: -stagedBytes });
  return reservation;
}

/** Images whose upload that process has not ended: at its start, those that a crash cut off. */
export async function listReservations(
  db: Connection,
  processId: string,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('upload_reservations')
    .select('image_id')
    .where('process_id', '=', processId)
    .execute();
  return rows.map((row) => row.image_id);
}

/** What an image, its data and what is coming in for it count. */
export async function usageOf(db: Connection, image: Image): Promise<Usage> {
  const upload = await findUploadTo(db, image.id);
  const coming = [
    await findReservation(db, image.id),
    await findImageImport(db, image.id),
    upload && { bytes: upload.size, stagedBytes: 0 },
  ].filter((one) => one !== undefined);
  const sum = (kind: BytesKind) => coming.reduce((total, one) => total + one[kind], 0);
  return {
    images: 1,
    bytes: countedBytes(image) + sum('bytes'),
    stagedBytes: sum('stagedBytes'),
    uploads: coming.length,
  };
}

/** Counts an image, its data and its upload at another owner from now on. */
export async function moveUsage(db: Connection, image: Image, owner: string | null): Promise<void> {
  const usage = await usageOf(db, image);
  const { images, bytes, stagedBytes, uploads } = usage;
  await addUsage(db, image.owner, {
    images: -images,
    bytes: -bytes,
    stagedBytes: -stagedBytes,
    uploads: -uploads,
  });
  await addUsage(db, owner, usage);
  for (const table of ['upload_reservations', 'image_imports'] as const) {
    const move = db.updateTable(table).set({ project_id: owner });
    await move.where('image_id', '=', image.id).execute();
  }
  const upload = { image_owner: owner };
  await db.updateTable('uploads').set(upload).where('image_id', '=', image.id).execute();
}
