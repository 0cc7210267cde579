import type { Image } from '../domain/image.ts';
import type { Connection } from './database.ts';
import { imageFromRow } from './image-rows.ts';
import { addUsage } from './usage.ts';

/** What an upload leaves on its image once the data is whole. */
export interface UploadedData {
  readonly location: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes of the disk inside; null when nothing tells. */
  readonly virtualSize: number | null;
  /** MD5, lower-case hex. */
  readonly checksum: string;
  readonly osHashAlgo: string;
  /** Lower-case hex. */
  readonly osHashValue: string;
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
      location: data.location,
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
  return saved && imageFromRow(saved);
}

/** Turns a saving image back to queued, as if the upload had never begun; false when it is not saving. */
export async function abandonSaving(db: Connection, id: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('images')
    .set({ status: 'queued', size: null, virtual_size: null, location: null })
    .where('id', '=', id)
    .where('status', '=', 'saving')
    .executeTakeFirstOrThrow();
  return numUpdatedRows === 1n;
}
