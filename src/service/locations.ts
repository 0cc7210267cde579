import { markLookedAt } from '../database/data-checks.ts';
import type { Connection, Database } from '../database/database.ts';
import { saveData } from '../database/image-uploads.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { imageEvent, uploadEvent } from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import { type ShownLocation, shownLocation, type Validation } from '../domain/location.ts';
import type { FoundData } from '../domain/location-change.ts';
import { checkLocatable, locationInput, withTask } from '../domain/location-order.ts';
import type { Policy } from '../domain/policy.ts';
import type { Stores } from '../store/stores.ts';
import type { Events } from './events.ts';
import { tooLarge } from './image-data.ts';
import type { LookAtUrl } from './location-looks.ts';
import type { Quotas } from './quotas.ts';
import { getSeenImage } from './seen-image.ts';
import type { TaskRunner } from './task-runner.ts';

export interface LocationsOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly policy: Policy;
  readonly quotas: Quotas;
  readonly events: Events;
  readonly runner: TaskRunner;
  readonly lookAtUrl: LookAtUrl;
  readonly clock: () => Date;
}

/** A place that is to be an image's. */
export interface NewLocation {
  readonly url: string;
  readonly validation: Validation | undefined;
}

/** Where the data of images lies. @see Images API v2, "Locations" (2.17) */
export interface Locations {
  /**
   * Gives a queued image the data at a URL. Its hashes are computed afterwards; data that must have a certain one makes
   * the image active only then.
   *
   * @throws DomainError `ImageNotFound` `InvalidStatusChange` `NotPermitted` `InvalidRequest` `QuotaExceeded`
   */
  add(
    caller: Caller,
    imageId: string,
    order: { readonly location: NewLocation; readonly requestId: string },
  ): Promise<void>;
  /** @throws DomainError `ImageNotFound` `NotPermitted` */
  list(caller: Caller, imageId: string): Promise<readonly ShownLocation[]>;
}

export function locationsService(options: LocationsOptions): Locations {
  const { database, policy, runner, lookAtUrl } = options;
  return {
    async add(caller, imageId, { location, requestId }) {
      // Before a URL is looked at, its image must be there to be given it.
      await getOpen(options, database.read, { caller, imageId, location });
      const found = await lookAtUrl(location.url, 'url');
      await database.transaction(async (db) => {
        const image = await getOpen(options, db, { caller, imageId, location });
        await order(options, db, { caller, image, location, found, requestId });
      });
      runner.wake();
    },

    async list(caller, imageId) {
      const { image, membership } = await getSeenImage(database.read, caller, imageId, policy);
      if (policy.allows('fetch_image_location', caller, { ...image, membership })) {
        return image.locations.map(shownLocation);
      }
      throw new DomainError('NotPermitted', `You may not see where image ${imageId} lies.`);
    },
  };
}

interface Asked {
  readonly caller: Caller;
  readonly imageId: string;
  readonly location: NewLocation;
}

/** The image, if it may be given that location; states are told of before permissions, as Glance does. */
async function getOpen(
  { policy, stores }: LocationsOptions,
  db: Connection,
  { caller, imageId, location }: Asked,
): Promise<Image> {
  const { image, membership } = await getSeenImage(db, caller, imageId, policy);
  checkLocatable(image);
  const target = { ...image, membership };
  const isService = policy.allows('fetch_image_location', caller, target);
  const isOpen = isService || (stores.web && /^https?:/i.test(location.url));
  if (policy.allows('add_image_location', caller, target) && isOpen) return image;
  throw new DomainError('NotPermitted', `You may not give image ${imageId} this location.`);
}

interface Ordered extends Pick<Asked, 'caller' | 'location'> {
  readonly image: Image;
  readonly found: FoundData;
  readonly requestId: string;
}

async function order(
  { quotas, events, runner, clock }: LocationsOptions,
  db: Connection,
  { caller, image, location: { url, validation }, found, requestId }: Ordered,
): Promise<void> {
  const { size, store } = found;
  const limits = await quotas.limitsOf(db, image.owner);
  if (limits.imageSize >= 0 && size > limits.imageSize) throw tooLarge(limits.imageSize);
  await quotas.check(db, { projectId: image.owner, limits }, { bytes: size });
  const task = await runner.order(db, {
    type: 'location_import',
    imageId: image.id,
    input: locationInput(url, validation, image.id),
    caller,
    requestId,
  });
  const saved: Image = {
    ...withTask(image, task.id),
    status: validation ? 'importing' : 'active',
    size,
    locations: [{ store, url }],
    updatedAt: clock(),
  };
  await saveData(db, saved, image);
  // The task reads all of it, which is look enough.
  await markLookedAt(db, image.id, { sums: undefined, at: clock() });
  await events.record(db, uploadEvent(saved));
  if (saved.status === 'active') await events.record(db, imageEvent('image.activate', saved));
}
