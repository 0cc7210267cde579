import { findDataCheck } from '../../database/data-checks.ts';
import type { Connection } from '../../database/database.ts';
import { eachImage, type ImageData, listWaitingData } from '../../database/inventory.ts';
import type { ImageLocation } from '../../domain/location.ts';
import type { StoredFiles, StoredReader } from '../../store/store.ts';
import type { ConfiguredStore, Stores } from '../../store/stores.ts';
import type { WantedData } from '../data-look.ts';

/** Data that the records name and that a store has. */
export interface NamedCopy {
  readonly image: string;
  readonly store: string;
  /** By which the store knows it. */
  readonly id: string;
  /** Where the store keeps it in files, these. */
  readonly files: StoredFiles | undefined;
  /** @throws StoreError */
  readonly open: () => Promise<StoredReader>;
  readonly wanted: WantedData;
}

/** Data that the records name, and that is left where it lies. */
export interface NamedElsewhere {
  readonly image: string;
  /** Of a store that is set up; undefined for one that is not. */
  readonly store: string | undefined;
  /** Bytes. */
  readonly size: number;
}

export type NamedData = NamedCopy | NamedElsewhere;

/** All data that records name and that must be there: of images, of deleted ones that are kept, and what waits to be imported. */
export async function* dataNamedIn(
  db: Connection,
  { stores, leave }: StoresToCopy,
): AsyncGenerator<NamedData> {
  const placeOf = placeIn(stores, leave);

  for (const table of ['images', 'pending_deletes'] as const) {
    for await (const image of eachImage(db, table)) {
      if (image.locations.length === 0) continue;
      const sums = (await findDataCheck(db, image.id))?.sums;
      for (const location of image.locations) yield placeOf(location, { ...image, sums });
    }
  }
  for (const { imageId: id, ...waiting } of await listWaitingData(db)) {
    yield placeOf(waiting, { ...waiting, id, sums: undefined });
  }
}

type Wanted = Pick<ImageData, 'id' | 'size' | 'sha512'> & Pick<WantedData, 'sums'>;

/** Which data is to be copied. */
export interface StoresToCopy {
  readonly stores: Stores;
  /** Ids of stores whose data is to be left where it lies. */
  readonly leave: readonly string[];
}

/** What lies at URLs of others is theirs to keep. */
function placeIn(stores: Stores, leave: readonly string[]) {
  return (location: ImageLocation, { id: image, size, sha512, sums }: Wanted): NamedData => {
    const place = stores.of(location);
    if (!place || place.type === 'http' || leave.includes(place.store.id)) {
      return { image, store: place?.store.id, size: size ?? 0 };
    }
    const { store } = place;
    const wanted = { size: size ?? undefined, sha512: sha512 ?? undefined, sums };
    const open = () => store.open(location.url);
    const id = store.dataIdOf(location.url);
    return { image, store: store.id, id, files: store.files, open, wanted };
  };
}

/** The stores that keep data in files. */
export function fileStoresOf(
  stores: Stores,
): readonly { readonly store: ConfiguredStore['store']; readonly files: StoredFiles }[] {
  return stores.all.flatMap(({ store }) => (store.files ? [{ store, files: store.files }] : []));
}
