import type { Caller } from './caller.ts';
import type { Target } from './condition.ts';
import { DomainError } from './errors.ts';
import type { Image } from './image.ts';
import { importProperties } from './import.ts';
import { checkLimit } from './limits.ts';
import type { ImageLocation, Validation } from './location.ts';
import type { Policy } from './policy.ts';
import type { ImageStatus } from './status.ts';

/** A place as a caller names it. */
export interface GivenLocation {
  readonly url: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly validation: Validation | undefined;
}

/** A step of a PATCH of where an image's data lies. */
export type LocationChange =
  | {
      readonly kind: 'addLocation';
      /** The index that it is to have; `-` for the end. */
      readonly at: string;
      readonly location: GivenLocation;
    }
  | { readonly kind: 'replaceLocations'; readonly locations: readonly GivenLocation[] }
  | { readonly kind: 'removeLocation'; readonly at: string };

/** What was found at a URL that a caller named. */
export interface FoundData {
  /** Id of the store that reads it. */
  readonly store: string | null;
  /** Bytes; at least one. */
  readonly size: number;
}

/** By what changes of locations are judged, where there are any at all. */
export interface LocationRules {
  readonly most: number;
  /** By URL; of those alone that were looked at. */
  readonly found: ReadonlyMap<string, FoundData>;
}

/** Whether a step is about locations. */
export function isLocationChange<T extends { readonly kind: string }>(
  change: T,
): change is Extract<T, LocationChange> {
  return change.kind.endsWith('Location') || change.kind.endsWith('Locations');
}

/** The places that a step names. */
export function givenIn(change: LocationChange): readonly GivenLocation[] {
  if (change.kind === 'addLocation') return [change.location];
  return change.kind === 'replaceLocations' ? change.locations : [];
}

/**
 * Refuses a step that the caller, or the state of the image, does not allow, whatever its places are.
 *
 * @throws DomainError `NotPermitted` `InvalidStatusChange`
 */
export function checkLocationChange(
  image: Image & Target,
  { kind }: LocationChange,
  caller: Caller,
  policy: Policy,
): void {
  const isRemoval = kind === 'removeLocation';
  const rule = isRemoval ? 'delete_image_location' : 'set_image_location';
  if (!policy.allows(rule, caller, image)) {
    throw new DomainError('NotPermitted', `You may not change where image ${image.id} lies.`);
  }
  const open: readonly ImageStatus[] = isRemoval ? ['active'] : ['active', 'queued'];
  if (!open.includes(image.status)) {
    throw conflict(`Image ${image.id} is ${image.status}; it must be ${open.join(' or ')}.`);
  }
  const task = image.properties.get(importProperties.task);
  if (task !== undefined) throw conflict(`Task ${task} is at the data of image ${image.id}.`);
}

/**
 * The image with other locations. A queued one is active by its first.
 *
 * @throws DomainError `InvalidRequest` `InvalidStatusChange` `NotPermitted` `QuotaExceeded`
 * @see Images API v2, "Update image", and Glance, `show_multiple_locations`
 */
export function withLocations(image: Image, change: LocationChange, rules: LocationRules): Image {
  switch (change.kind) {
    case 'addLocation':
      return withLocation(image, change.location, change.at, rules);
    case 'replaceLocations':
      return replaced(image, change.locations, rules);
    case 'removeLocation': {
      const index = indexIn(change.at, image.locations.length - 1);
      const locations = image.locations.toSpliced(index, 1);
      if (locations.length > 0) return { ...image, locations };
      const text = 'locations: an image keeps its last one; delete the image instead.';
      throw new DomainError('NotPermitted', text);
    }
  }
}

function replaced(image: Image, given: readonly GivenLocation[], rules: LocationRules): Image {
  if (given.length === 0) {
    throw new DomainError('NotPermitted', 'locations: an image cannot be made to have none.');
  }
  if (image.locations.length === 0) {
    return given.reduce((one, location) => withLocation(one, location, '-', rules), image);
  }
  const urls = (list: readonly { readonly url: string }[]) =>
    JSON.stringify(list.map(({ url }) => url).sort());
  if (urls(given) !== urls(image.locations)) {
    throw invalid('locations: only what is said of them can be replaced, not their URLs.');
  }
  const storeOf = new Map(image.locations.map(({ url, store }) => [url, store]));
  const locations = given.map((one) => placeOf(one, storeOf.get(one.url) ?? null));
  checkTwins(locations);
  return { ...image, locations };
}

function placeIn({ locations, size }: Image, url: string): FoundData | undefined {
  const place = locations.find((one) => one.url === url);
  return place && { store: place.store, size: size ?? 0 };
}

function withLocation(
  image: Image,
  given: GivenLocation,
  at: string,
  { most, found }: LocationRules,
): Image {
  // Only what the image has now still counts as there: what was taken away meanwhile is looked at anew.
  const data = found.get(given.url) ?? placeIn(image, given.url);
  if (!data) throw invalid('locations: nothing was found at the URL.');
  const index = indexIn(at, image.locations.length);
  const locations = image.locations.toSpliced(index, 0, placeOf(given, data.store));
  checkTwins(locations);
  checkLimit(locations.length, most, 'locations');
  const validated = given.validation ? validate(image, given.validation) : image;
  if (image.status !== 'queued') {
    if (data.size === image.size) return { ...validated, locations };
    throw conflict(`locations: there are ${data.size} bytes, and the image has ${image.size}.`);
  }
  const unset = image.diskFormat === null ? 'disk_format' : 'container_format';
  if (image.diskFormat === null || image.containerFormat === null) {
    throw invalid(`${unset}: must be set before a location is given.`);
  }
  return { ...validated, locations, status: 'active', size: data.size };
}

function placeOf({ url, metadata }: GivenLocation, store: string | null): ImageLocation {
  const { store: named, ...rest } = metadata;
  if (named !== undefined && named !== store) {
    throw invalid('locations: metadata.store is not the store that reads the URL.');
  }
  return { store, url, ...(Object.keys(rest).length > 0 && { metadata: rest }) };
}

/** What a queued image is to have, or an active one must have already. @throws DomainError `InvalidStatusChange` */
function validate(image: Image, { checksum, osHashAlgo, osHashValue }: Validation): Image {
  const wanted = image.osHashAlgo ?? 'sha512';
  if (osHashAlgo !== wanted) {
    throw conflict(`validation_data.os_hash_algo: must be ${wanted}.`);
  }
  if (image.status === 'queued') {
    return { ...image, checksum: checksum ?? null, osHashAlgo, osHashValue };
  }
  const isSame =
    osHashValue === image.osHashValue && (checksum === undefined || checksum === image.checksum);
  if (isSame) return image;
  throw conflict('validation_data: is not what the image has.');
}

function indexIn(text: string, last: number): number {
  if (text === '-') return Math.max(0, last);
  const index = /^\d{1,6}$/.test(text) ? Number(text) : -1;
  if (index >= 0 && index <= last) return index;
  throw invalid(`locations: ${text.slice(0, 80)} is no place among them.`);
}

function checkTwins(locations: readonly ImageLocation[]): void {
  const texts = locations.map(({ url, metadata }) => JSON.stringify([url, metadata]));
  if (new Set(texts).size === texts.length) return;
  throw invalid('locations: the same one is there twice.');
}

function conflict(message: string): DomainError {
  return new DomainError('InvalidStatusChange', message);
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}
