import type { Connection, Database } from '../database/database.ts';
import { saveData } from '../database/image-uploads.ts';
import { insertUnwantedData } from '../database/images.ts';
import { type Caller, isAdmin } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import type { ImageChange } from '../domain/image-change.ts';
import {
  countedBytes,
  type ImageLocation,
  shownLocation,
  type ToldPlaces,
} from '../domain/location.ts';
import {
  checkLocationChange,
  type FoundData,
  givenIn,
  isLocationChange,
  type LocationRules,
} from '../domain/location-change.ts';
import type { Policy } from '../domain/policy.ts';
import type { ProjectLimits } from '../domain/quota.ts';
import type { Stores } from '../store/stores.ts';
import { byWeight } from './copies.ts';
import { tooLarge } from './image-data.ts';
import type { LookAtUrl } from './location-looks.ts';
import type { Quotas } from './quotas.ts';
import { getSeenImage } from './seen-image.ts';

export interface ImageLocationsOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly policy: Policy;
  readonly quotas: Quotas;
  readonly lookAtUrl: LookAtUrl;
  readonly showsLocations: boolean;
  readonly showsDirectUrl: boolean;
  /** Locations that one image may have; less than 0 for no limit. */
  readonly most: number;
}

/** Where the data of images lies, as far as their owners are told, and say. */
export interface ImageLocations {
  /** Whether anybody is told at all. */
  readonly isTold: boolean;
  /** The image, telling where its data lies to whoever may know. */
  told(image: Image, caller: Caller): Image & ToldPlaces;
  /**
   * What changes of locations are judged by: what lies at the URLs that they name was looked at. Undefined where none is
   * changed.
   *
   * @throws DomainError
   */
  rulesFor(
    caller: Caller,
    imageId: string,
    changes: readonly ImageChange[],
  ): Promise<LocationRules | undefined>;
  /** Saves an image whose locations may have changed; returns what is unwanted now. @throws DomainError `QuotaExceeded` */
  save(
    db: Connection,
    changed: { readonly image: Image; readonly before: Image; readonly limits: ProjectLimits },
  ): Promise<readonly ImageLocation[]>;
}

export function imageLocations(options: ImageLocationsOptions): ImageLocations {
  const { stores, policy, showsLocations, showsDirectUrl, quotas } = options;
  const isTold = showsLocations || showsDirectUrl;
  return {
    isTold,

    told(image, caller) {
      const isOpen = image.status !== 'deactivated' || isAdmin(caller);
      if (!isTold || !isOpen || !policy.allows('get_image_location', caller, image)) return image;
      const [first] = showsDirectUrl ? byWeight(stores, image.locations) : [];
      const locations = showsLocations ? image.locations.map(shownLocation) : undefined;
      return { ...image, told: { locations, directUrl: first?.url } };
    },

    async rulesFor(caller, imageId, changes) {
      const own = changes.filter(isLocationChange);
      if (!showsLocations || own.length === 0) return undefined;
      const { image, membership } = await getSeenImage(
        options.database.read,
        caller,
        imageId,
        policy,
      );
      // Nobody has a host asked who could not give the image what it has.
      for (const change of own) {
        checkLocationChange({ ...image, membership }, change, caller, policy);
      }
      return { most: options.most, found: await findAll(options, image, own.flatMap(givenIn)) };
    },

    async save(db, { image, before, limits }) {
      const added = countedBytes(image) - countedBytes(before);
      if (added > 0) {
        const size = image.size ?? 0;
        if (limits.imageSize >= 0 && size > limits.imageSize) throw tooLarge(limits.imageSize);
        await quotas.check(db, { projectId: image.owner, limits }, { bytes: added });
      }
      await saveData(db, image, before);
      const kept = new Set(image.locations.map(({ url }) => url));
      const unwanted = before.locations.filter(({ url }) => !kept.has(url));
      for (const location of unwanted) await insertUnwantedData(db, location);
      return unwanted;
    },
  };
}

async function findAll(
  { lookAtUrl, most }: ImageLocationsOptions,
  { locations }: Image,
  given: readonly { readonly url: string }[],
): Promise<ReadonlyMap<string, FoundData>> {
  const known = new Set(locations.map(({ url }) => url));
  const found = new Map<string, FoundData>();
  const urls = [...new Set(given.map(({ url }) => url))].filter((url) => !known.has(url));
  if (most >= 0 && urls.length > most) {
    throw new DomainError('QuotaExceeded', `locations: at most ${most} are allowed.`);
  }
  for (const url of urls) found.set(url, await lookAtUrl(url, 'locations'));
  return found;
}
