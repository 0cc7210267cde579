import type { Connection } from '../../database/database.ts';
import {
  eachImage,
  findUsageDifferences,
  type ImageData,
  listChecked,
  listComing,
  listComingData,
  listRunningTasks,
  listUnwantedData,
  listWaitingData,
  type UsageDifference,
} from '../../database/inventory.ts';
import { countedBytes, type ImageLocation } from '../../domain/location.ts';
import type { ConfiguredStore, Stores } from '../../store/stores.ts';

/** Data that a record names and that must be there. */
export interface Named {
  readonly imageId: string;
  readonly location: ImageLocation;
  readonly place: ConfiguredStore;
  /** Bytes; undefined when nobody knows. */
  readonly size: number | undefined;
  /** Whether it is an image's that can be read, not one's that is deleted, or is yet to come. */
  readonly isLive: boolean;
}

/** All that records say of data, as of one moment. */
export interface Inventory {
  /** By `dataKey`. */
  readonly named: ReadonlyMap<string, Named>;
  /** Data that may be there or not, by `dataKey`: it is coming in, or to be removed. */
  readonly possible: ReadonlySet<string>;
  /** Images whose data is in a store that is not set up. */
  readonly nowhere: readonly { readonly imageId: string; readonly location: ImageLocation }[];
  /** Ids of images that are to have data, and name none. */
  readonly empty: readonly string[];
  readonly stuckUploads: readonly string[];
  readonly stuckImports: readonly string[];
  readonly usage: readonly UsageDifference[];
  /** Ids of images with data of which nothing is known, and of what is known of no image. */
  readonly unchecked: readonly string[];
  readonly strayChecks: readonly string[];
  readonly damaged: ReadonlySet<string>;
}

/** By which data is found, whatever its location says of the server's address. */
export function dataKey(storeId: string, dataId: string): string {
  return `${storeId} ${dataId}`;
}

/** Reads all records. @param db within one snapshot */
export async function takeInventory(db: Connection, stores: Stores): Promise<Inventory> {
  const named = new Map<string, Named>();
  const nowhere: { imageId: string; location: ImageLocation }[] = [];
  const withData = new Set<string>();
  const images = new Map<string, { images: number; bytes: number }>();
  const look = lookAtStates(await statesOf(db));

  function add(
    imageId: string,
    location: ImageLocation,
    rest: Pick<Named, 'isLive' | 'size'>,
  ): void {
    const place = stores.of(location);
    // What others have is not listed: its host is asked by whoever compares content.
    if (place?.type === 'http') return;
    const dataId = place && dataIdIn(place, location);
    if (place && dataId) {
      named.set(dataKey(place.store.id, dataId), { imageId, location, place, ...rest });
    } else nowhere.push({ imageId, location });
  }

  for (const table of ['images', 'pending_deletes'] as const) {
    const isLive = table === 'images';
    for await (const image of eachImage(db, table)) {
      for (const location of image.locations) {
        add(image.id, location, { isLive, size: image.size ?? undefined });
      }
      if (image.locations.length > 0) withData.add(image.id);
      count(images, image);
      if (isLive) look.at(image);
    }
  }
  for (const { imageId, size, ...place } of await listWaitingData(db)) {
    add(imageId, { store: place.store, url: place.url }, { isLive: false, size });
  }
  const { all, damaged } = await listChecked(db);
  return {
    named,
    nowhere,
    damaged,
    possible: await possibleData(db, stores),
    ...look.found,
    usage: await findUsageDifferences(db, images),
    unchecked: [...withData].filter((id) => !all.has(id)),
    strayChecks: [...all].filter((id) => !withData.has(id)),
  };
}

/** By which a store knows the data of a location; undefined when that is none of its own. */
export function dataIdIn({ store }: ConfiguredStore, { url }: ImageLocation): string | undefined {
  return store.isLocation(url) ? store.dataIdOf(url) : undefined;
}

function count(
  images: Map<string, { images: number; bytes: number }>,
  { owner, ...image }: ImageData,
): void {
  if (owner === null) return;
  const before = images.get(owner) ?? { images: 0, bytes: 0 };
  images.set(owner, { images: before.images + 1, bytes: before.bytes + countedBytes(image) });
}

async function possibleData(db: Connection, stores: Stores): Promise<ReadonlySet<string>> {
  const coming = (await listComingData(db)).map(({ store, dataId }) =>
    dataKey(stores.named(store).store.id, dataId),
  );
  const unwanted = (await listUnwantedData(db)).flatMap((location) => {
    const place = stores.of(location);
    const dataId = place && dataIdIn(place, location);
    return place && dataId ? [dataKey(place.store.id, dataId)] : [];
  });
  return new Set([...coming, ...unwanted]);
}

/** What keeps images in the states that they pass through. */
interface States {
  readonly uploads: ReadonlySet<string>;
  readonly imports: ReadonlySet<string>;
  readonly tasks: ReadonlySet<string>;
}

async function statesOf(db: Connection): Promise<States> {
  return {
    uploads: await listComing(db, 'upload_reservations'),
    imports: await listComing(db, 'image_imports'),
    tasks: await listRunningTasks(db),
  };
}

/** Whether an image waits for an upload that nobody is at. */
export function isStuckUpload({ id, status }: ImageData, { uploads, imports }: States): boolean {
  if (status === 'saving') return !uploads.has(id);
  return status === 'uploading' && !uploads.has(id) && !imports.has(id);
}

/** Whether an image waits for, or tells of, an import that nobody is at. */
export function isStuckImport({ status, task }: ImageData, { tasks }: States): boolean {
  if (task !== undefined) return !tasks.has(task);
  return status === 'importing';
}

function lookAtStates(states: States) {
  const found = {
    empty: [] as string[],
    stuckUploads: [] as string[],
    stuckImports: [] as string[],
  };
  return {
    found,
    at(image: ImageData): void {
      const isReadable = image.status === 'active' || image.status === 'deactivated';
      if (isReadable && image.locations.length === 0) found.empty.push(image.id);
      if (isStuckUpload(image, states)) found.stuckUploads.push(image.id);
      if (isStuckImport(image, states)) found.stuckImports.push(image.id);
    },
  };
}
