import type { ListedImage } from '../domain/access-request.ts';
import type { Connection } from './database.ts';

/** Lists an image for everybody to ask for, or says something else of it. */
export async function insertListed(
  db: Connection,
  imageId: string,
  { summary, at }: { readonly summary: string | null; readonly at: Date },
): Promise<void> {
  await db
    .insertInto('listed_images')
    .values({ image_id: imageId, summary, listed_at: at.getTime() })
    .onConflict((conflict) => conflict.column('image_id').doUpdateSet({ summary }))
    .execute();
}

/** Lists an image no more; whether it was. */
export async function deleteListed(db: Connection, imageId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('listed_images')
    .where('image_id', '=', imageId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** Listed images that can be shared, the newest first. */
export async function listListed(
  db: Connection,
  before: number,
  limit: number,
): Promise<readonly { readonly number: number; readonly listed: ListedImage }[]> {
  const rows = await db
    .selectFrom('listed_images')
    .innerJoin('images', 'images.id', 'listed_images.image_id')
    .select(['number', 'image_id', 'summary', 'listed_at'])
    .select(['name', 'owner', 'size', 'disk_format'])
    .where('number', '<', before)
    .where('visibility', '=', 'shared')
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    number: row.number,
    listed: {
      imageId: row.image_id,
      name: row.name,
      owner: row.owner,
      size: row.size,
      diskFormat: row.disk_format,
      summary: row.summary,
      listedAt: new Date(row.listed_at),
    },
  }));
}
