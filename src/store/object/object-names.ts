import { isImageId } from '../image-id.ts';
import { type Location, StoreError } from '../store.ts';

/** How a store writes where an object is. */
export interface ObjectNames {
  location(imageId: string): Location;
  /** @throws StoreError `NotFound` for a location that is not one that `location` gives, whatever the server's address. */
  at(location: Location): string;
}

export interface ObjectNamesOptions {
  /** `s3` or `swift`. */
  readonly kind: string;
  /** The server's URL: told in locations, but not part of an object's name, so that a server can move. */
  readonly server: string;
  /** What stands before the image's id, without a slash at its beginning. */
  readonly folder: string;
}

/** Locations in the form that Glance gives them, without its secrets: `s3+https://server/bucket/<image id>`. */
export function objectNames({ kind, server, folder }: ObjectNamesOptions): ObjectNames {
  return {
    location: (imageId) => `${kind}+${server}/${folder}${imageId}`,

    at(location) {
      const imageId = location.slice(-36);
      const isHere = location.endsWith(`/${folder}${imageId}`);
      if (location.startsWith(`${kind}+http`) && isImageId(imageId) && isHere) return imageId;
      throw new StoreError('NotFound', 'The location is not one of this store.');
    },
  };
}
