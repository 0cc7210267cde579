import { findDataCheck } from '../../database/data-checks.ts';
import type { Connection } from '../../database/database.ts';
import { eachImage, type ImageData, listWaitingData } from '../../database/inventory.ts';
import type { ImageLocation } from '../../domain/location.ts';
import type { StoredFiles } from '../../store/store.ts';
import type { ConfiguredStore, Stores } from '../../store/stores.ts';
import type { WantedData } from '../data-look.ts';

/** Data that the records name, where a store of files has it. */
export interface NamedFile {
  readonly image: string;
  readonly store: string;
  /** By which the store knows it. */
  readonly id: string;
  readonly files: StoredFiles;
  readonly wanted: WantedData;
}

/** Data that the records name, where there are no files. */
export interface NamedElsewhere {
  readonly image: string;
  /** Of a store that is set up; undefined for one that is not. */
  readonly store: string | undefined;
  /** Bytes. */
  readonly size: number;
}

export type NamedData = NamedFile | NamedElsewhere;

/** All data that records name and that must be there: of images, of deleted ones that are kept, and what waits to be imported. */
export async function* dataNamedIn(db: Connection, stores: Stores): AsyncGenerator<NamedData> {
  for (const table of ['images', 'pending_deletes'] as const) {
    for await (const image of eachImage(db, table)) {
      if (image.locations.length === 0) continue;
      const sums = (await findDataCheck(db, image.id))?.sums;
      for (const location of image.locations) yield placeOf(stores, location, { ...image, sums });
    }
  }
  for (const { imageId: id, ...waiting } of await listWaitingData(db)) {
    yield placeOf(stores, waiting, { ...waiting, id, sums: undefined });
  }
}

type Wanted = Pick<ImageData, 'id' | 'size' | 'sha512'> & Pick<WantedData, 'sums'>;

function placeOf(
  stores: Stores,
  location: ImageLocation,
  { id: image, size, sha512, sums }: Wanted,
): NamedData {
  const place = stores.of(location);
  const files = place?.store.files;
  if (!place || !files) return { image, store: place?.store.id, size: size ?? 0 };
  const wanted = { size: size ?? undefined, sha512: sha512 ?? undefined, sums };
  return { image, store: place.store.id, id: place.store.dataIdOf(location.url), files, wanted };
}

/** The stores that keep data in files. */
export function fileStoresOf(
  stores: Stores,
): readonly { readonly store: ConfiguredStore['store']; readonly files: StoredFiles }[] {
  return stores.all.flatMap(({ store }) => (store.files ? [{ store, files: store.files }] : []));
}
