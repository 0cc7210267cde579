import type { Connection } from '../../database/database.ts';
import { findImageImport } from '../../database/image-imports.ts';
import { findImage } from '../../database/images.ts';
import { findPendingDelete } from '../../database/pending-deletes.ts';
import type { Named } from './inventory.ts';

/** Whether a record names that data now. */
export async function isStillNamed(
  db: Connection,
  { imageId, location: { url } }: Pick<Named, 'imageId' | 'location'>,
): Promise<boolean> {
  const image =
    (await findImage(db, imageId, null))?.image ?? (await findPendingDelete(db, imageId));
  if (image?.locations.some((location) => location.url === url)) return true;
  return (await findImageImport(db, imageId))?.staged?.url === url;
}
