import type { Connection, Database } from '../database/database.ts';
import { saveData } from '../database/image-uploads.ts';
import { insertUnwantedData } from '../database/images.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { imageEvent } from '../domain/event.ts';
import { importProperties } from '../domain/import.ts';
import type { ImageLocation } from '../domain/location.ts';
import type { Policy } from '../domain/policy.ts';
import type { StoreInfo } from '../domain/store-info.ts';
import type { Stores } from '../store/stores.ts';
import type { Events } from './events.ts';
import { getSeenImage } from './seen-image.ts';
import type { UnwantedData } from './unwanted-data.ts';

export interface StoreCopiesOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly unwantedData: UnwantedData;
  readonly policy: Policy;
  readonly events: Events;
  readonly clock: () => Date;
}

/** Several stores, and the copies that images have in them. @see Images API v2, "Stores" */
export interface StoreCopies {
  /** Whether callers are told of stores at all. */
  readonly isSeveral: boolean;
  list(): readonly StoreInfo[];
  /** @throws DomainError `NotPermitted` */
  listInDetail(caller: Caller): readonly StoreInfo[];
  /** Takes an image's copy out of a store. @throws DomainError `ImageNotFound` `NotPermitted` `InvalidStatusChange` `NotFound` */
  remove(caller: Caller, storeId: string, imageId: string): Promise<void>;
}

export function storeCopiesService(options: StoreCopiesOptions): StoreCopies {
  const { database, stores, policy, unwantedData } = options;
  const list = () =>
    stores.all.map((one): StoreInfo => {
      const { store, type, description, weight, properties } = one;
      const isDefault = one === stores.default;
      const isReadOnly = type === 'http';
      return { id: store.id, type, description, weight, isDefault, isReadOnly, properties };
    });

  return {
    isSeveral: stores.isSeveral,
    list,

    listInDetail(caller) {
      const own = { owner: caller.projectId, visibility: 'private' } as const;
      if (policy.allows('stores_info_detail', caller, own)) return list();
      throw new DomainError('NotPermitted', 'You may not see the details of stores.');
    },

    async remove(caller, storeId, imageId) {
      const unwanted = await database.transaction((db) =>
        removeCopy(options, db, { caller, storeId, imageId }),
      );
      for (const location of unwanted) unwantedData.remove(location);
    },
  };
}

interface Removal {
  readonly caller: Caller;
  readonly storeId: string;
  readonly imageId: string;
}

async function removeCopy(
  { stores, policy, events, clock }: StoreCopiesOptions,
  db: Connection,
  { caller, storeId, imageId }: Removal,
): Promise<readonly ImageLocation[]> {
  const store = stores.find(storeId);
  if (!store) throw conflict(`There is no store ${storeId.slice(0, 80)}.`);
  const { image, membership } = await getSeenImage(db, caller, imageId, policy);
  if (!policy.allows('delete_image_location', caller, { ...image, membership })) {
    throw new DomainError('NotPermitted', `You may not take image ${imageId} out of a store.`);
  }
  if (image.status !== 'active') {
    throw conflict(`Image ${imageId} is ${image.status}; it must be active.`);
  }
  const unwanted = image.locations.filter((location) => stores.of(location) === store);
  if (unwanted.length === 0) {
    throw new DomainError('NotFound', `Image ${imageId} has no copy in store ${storeId}.`);
  }
  const locations = image.locations.filter((location) => !unwanted.includes(location));
  if (locations.length === 0) {
    const text = `Store ${storeId} has the only copy of image ${imageId}; delete the image instead.`;
    throw new DomainError('NotPermitted', text);
  }
  const task = image.properties.get(importProperties.task);
  if (task !== undefined) throw conflict(`Image ${imageId} is being copied by task ${task}.`);
  const saved = { ...image, locations, updatedAt: clock() };
  await saveData(db, saved, image);
  for (const location of unwanted) await insertUnwantedData(db, location);
  await events.record(db, imageEvent('image.update', saved));
  return unwanted;
}

function conflict(message: string): DomainError {
  return new DomainError('InvalidStatusChange', message);
}
