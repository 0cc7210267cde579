import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { checkImageId, imageIdPattern, isImageId } from './image-id.ts';
import { type Location, StoreError } from './store.ts';

const partialPattern = new RegExp(`^(${imageIdPattern})\\.${imageIdPattern}$`, 'i');

/** Where one image's data lies. */
export interface ImagePath {
  readonly imageId: string;
  readonly folder: string;
  readonly file: string;
}

/** The names of files below one directory: `ab/<image id>` for data, `partial/<image id>.<random>` for data to be. */
export interface ImagePaths {
  readonly partialFolder: string;
  /** @throws TypeError when the id is not a UUID, which alone is known to be a harmless name. */
  of(imageId: string): ImagePath;
  newPartial(imageId: string): string;
  /** The image of a file in the partial folder; undefined when the name is not one of ours. */
  imageOfPartial(name: string): string | undefined;
  location(path: ImagePath): Location;
  /** @throws StoreError `NotFound` for a location that is not exactly one that `location` gives. */
  at(location: Location): ImagePath;
}

/** Names below `directory`. */
export function imagePaths(directory: string): ImagePaths {
  const root = resolve(directory);
  const partialFolder = join(root, 'partial');

  function of(imageId: string): ImagePath {
    checkImageId(imageId);
    const folder = join(root, imageId.slice(0, 2));
    return { imageId, folder, file: join(folder, imageId) };
  }

  /** Relative to the directory, so that a data folder can be moved or restored to another place. */
  function location({ imageId }: ImagePath): Location {
    return `file:${imageId.slice(0, 2)}/${imageId}`;
  }

  return {
    partialFolder,
    of,
    location,

    newPartial(imageId) {
      return join(partialFolder, `${imageId}.${randomUUID()}`);
    },

    imageOfPartial(name) {
      return partialPattern.exec(name)?.[1];
    },

    at(given) {
      // Built anew from its last part and compared whole: no spelling of another path can pass.
      const imageId = given.slice(given.lastIndexOf('/') + 1);
      if (isImageId(imageId)) {
        const path = of(imageId);
        if (location(path) === given) return path;
      }
      throw new StoreError('NotFound', 'The location is not one of this store.');
    },
  };
}
