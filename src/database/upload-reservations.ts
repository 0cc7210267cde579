import type { Image } from '../domain/image.ts';
import type { Usage } from '../domain/quota.ts';
import type { Connection } from './database.ts';
import { addUsage } from './usage.ts';

/** What is set aside for one upload. */
export interface Reservation {
  readonly imageId: string;
  /** The owner of the image. */
  readonly projectId: string | null;
  readonly bytes: number;
  /** The process that takes the upload. */
  readonly processId: string;
}

/** Sets room aside for an upload that begins; it counts as used from now on. */
export async function insertReservation(
  db: Connection,
  { imageId, projectId, bytes, processId }: Reservation,
): Promise<void> {
  await db
    .insertInto('upload_reservations')
    .values({ image_id: imageId, project_id: projectId, bytes, process_id: processId })
    .execute();
  await addUsage(db, projectId, { uploads: 1, bytes });
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
  return row && { imageId, projectId: row.project_id, bytes: row.bytes, processId: row.process_id };
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
  { imageId, projectId, bytes }: Reservation,
  added: number,
): Promise<void> {
  await db
    .updateTable('upload_reservations')
    .set({ bytes: bytes + added })
    .where('image_id', '=', imageId)
    .execute();
  await addUsage(db, projectId, { bytes: added });
}

/** Gives the room of an upload that ended back; returns what it was. */
export async function deleteReservation(
  db: Connection,
  imageId: string,
): Promise<Reservation | undefined> {
  const reservation = await findReservation(db, imageId);
  if (!reservation) return undefined;
  await db.deleteFrom('upload_reservations').where('image_id', '=', imageId).execute();
  await addUsage(db, reservation.projectId, { uploads: -1, bytes: -reservation.bytes });
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

/** What an image, its data and its upload count. */
export async function usageOf(db: Connection, image: Image): Promise<Partial<Usage>> {
  const reservation = await findReservation(db, image.id);
  const bytes = (image.size ?? 0) + (reservation?.bytes ?? 0);
  return { images: 1, bytes, uploads: reservation ? 1 : 0 };
}

/** Counts an image, its data and its upload at another owner from now on. */
export async function moveUsage(db: Connection, image: Image, owner: string | null): Promise<void> {
  const { images = 0, bytes = 0, uploads = 0 } = await usageOf(db, image);
  await addUsage(db, image.owner, { images: -images, bytes: -bytes, uploads: -uploads });
  await addUsage(db, owner, { images, bytes, uploads });
  await db
    .updateTable('upload_reservations')
    .set({ project_id: owner })
    .where('image_id', '=', image.id)
    .execute();
}
