import type { Connection } from '../../database/database.ts';
import { findImageImport } from '../../database/image-imports.ts';
import { findImage } from '../../database/images.ts';
import { findDataRecords } from '../../database/inventory.ts';
import { findPendingDelete } from '../../database/pending-deletes.ts';
import type { ImageLocation } from '../../domain/location.ts';
import type { ConfiguredStore, Stores } from '../../store/stores.ts';
import { dataIdIn, type Named } from './inventory.ts';

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

/** Some data in a store. */
export interface DataPlace {
  readonly stores: Stores;
  readonly place: ConfiguredStore;
  readonly dataId: string;
}

/** Whether data is coming in, or to be removed, and else whether a record names it; undefined when it is nobody's now. */
export async function standingOf(
  db: Connection,
  { stores, place, dataId }: DataPlace,
): Promise<'named' | 'possible' | undefined> {
  const records = await findDataRecords(db, dataId);
  const isIt = (location: ImageLocation) =>
    stores.of(location) === place && dataIdIn(place, location) === dataId;
  const isComing = records.coming.some((store) => stores.named(store) === place);
  if (records.isSaving || isComing || records.unwanted.some(isIt)) return 'possible';
  return records.named.some(isIt) ? 'named' : undefined;
}
