import type { Image } from '../domain/image.ts';
import { countedBytes, type ImageLocation } from '../domain/location.ts';
import { deleteDataCheck, insertDataCheck } from './data-checks.ts';
import type { Connection } from './database.ts';
import { imageFromRow, imageToRow, locationsToRow } from './image-rows.ts';
import { updateImage } from './images.ts';
import { addUsage } from './usage.ts';

/** What an upload leaves on its image once the data is whole. */
export interface UploadedData {
  readonly location: ImageLocation;
  /** Bytes. */
  readonly size: number;
  /** Bytes of the disk inside; null when nothing tells. */
  readonly virtualSize: number | null;
  /** MD5, lower-case hex. */
  readonly checksum: string;
  readonly osHashAlgo: string;
  /** Lower-case hex. */
  readonly osHashValue: string;
  /** Checksums of its chunks, where they are known. */
  readonly sums?: Uint8Array | undefined;
  readonly at: Date;
}

/** Turns a queued image to saving; false when it is not queued, so that of two uploads one wins. */
export async function startSaving(db: Connection, id: string, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('images')
    .set({ status: 'saving', updated_at: at.getTime() })
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Turns a queued image to uploading; false when it is not queued. */
export async function startStaging(db: Connection, id: string, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('images')
    .set({ status: 'uploading', updated_at: at.getTime() })
    .where('id', '=', id)
    .where('status', '=', 'queued')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}

/** Shows how large the data is that waits to be imported. @param size bytes */
export async function setStagedSize(
  db: Connection,
  id: string,
  { size, at }: { readonly size: number; readonly at: Date },
): Promise<void> {
  const values = { size, updated_at: at.getTime() };
  await db.updateTable('images').set(values).where('id', '=', id).execute();
}

/** Turns a saving image to active with its data; undefined when it was deleted meanwhile. */
export async function finishSaving(
  db: Connection,
  id: string,
  data: UploadedData,
): Promise<Image | undefined> {
  const saved = await db
    .updateTable('images')
    .set({
      status: 'active',
      ...locationsToRow([data.location]),
      size: data.size,
      virtual_size: data.virtualSize,
      checksum: data.checksum,
      os_hash_algo: data.osHashAlgo,
      os_hash_value: data.osHashValue,
      updated_at: data.at.getTime(),
    })
    .where('id', '=', id)
    .where('status', '=', 'saving')
    .returningAll()
    .executeTakeFirst();
  if (saved) await addUsage(db, saved.owner, { bytes: data.size });
  if (saved) await insertDataCheck(db, id, { sums: data.sums, at: data.at });
  return saved && imageFromRow(saved);
}

/** Saves what an import changes: status and data of an image, and what it tells of the import. */
export async function saveData(db: Connection, image: Image, before: Image): Promise<void> {
  const row = imageToRow(image);
  await db
    .updateTable('images')
    .set({
      status: row.status,
      size: row.size,
      virtual_size: row.virtual_size,
      checksum: row.checksum,
      os_hash_algo: row.os_hash_algo,
      os_hash_value: row.os_hash_value,
      location: row.location,
      locations: row.locations,
    })
    .where('id', '=', image.id)
    .execute();
  await updateImage(db, image, before);
  await followData(db, image, before);
  const bytes = countedBytes(image) - countedBytes(before);
  if (bytes !== 0) await addUsage(db, image.owner, { bytes });
}

/** Data that has just been imported is looked at soon, which gives it its checksums. */
async function followData(db: Connection, image: Image, before: Image): Promise<void> {
  const [has, had] = [image.locations.length > 0, before.locations.length > 0];
  if (has && !had) await insertDataCheck(db, image.id, { sums: undefined, at: new Date(0) });
  if (had && !has) await deleteDataCheck(db, image.id);
}

/** Turns an image back to queued, as if its upload had never begun; false when there is none. */
export async function abandonUpload(db: Connection, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('images')
    .set({ status: 'queued', size: null, virtual_size: null, location: null, locations: null })
    .where('id', '=', id)
    .where('status', 'in', ['saving', 'uploading'])
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}
