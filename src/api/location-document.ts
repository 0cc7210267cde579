import { DomainError } from '../domain/errors.ts';
import { locationHashes, type Validation } from '../domain/location.ts';
import type { GivenLocation } from '../domain/location-change.ts';
import type { JsonObject } from './json-body.ts';

/** A place that is to be an image's. */
export interface NewLocationDocument {
  readonly url: string;
  readonly validation: Validation | undefined;
}

/** Characters; the rules of URLs decide about shorter ones. */
const maxLength = 4096;

/**
 * Reads the body by which an image is given a location.
 *
 * @throws DomainError `InvalidRequest`, naming the field and what was wanted
 * @see Images API v2, "Add Location" (2.17)
 */
export function parseNewLocation({
  url,
  validation_data,
  ...rest
}: JsonObject): NewLocationDocument {
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    throw invalid(`${unknown.slice(0, 80)}: url and validation_data are all that is wanted.`);
  }
  if (typeof url !== 'string' || url === '' || url.length > maxLength) {
    throw invalid(`url: text of 1 to ${maxLength} characters is wanted.`);
  }
  return { url, validation: readValidation(validation_data) };
}

/** A place as the schema of images has it. */
export interface LocationDocument {
  readonly url: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly validation_data?: {
    readonly checksum?: string;
    readonly os_hash_algo: string;
    readonly os_hash_value: string;
  };
}

/** Characters of what is said of one place. */
const maxMetadata = 4096;

/** Reads places that the schema of images has let pass. @throws DomainError `InvalidRequest` */
export function readLocations(given: readonly LocationDocument[]): readonly GivenLocation[] {
  return given.map(({ url, metadata, validation_data: data }) => {
    if (JSON.stringify(metadata).length > maxMetadata) {
      throw invalid(`locations: metadata of at most ${maxMetadata} characters is wanted.`);
    }
    return { url, metadata, validation: data && validationOf(data) };
  });
}

function validationOf({
  checksum,
  os_hash_algo: osHashAlgo,
  os_hash_value: osHashValue,
}: NonNullable<LocationDocument['validation_data']>): Validation {
  const digests = [checksum, osHashValue].filter((digest) => digest !== undefined);
  if (!digests.every((digest) => /^[\da-f]+$/i.test(digest))) {
    throw invalid('locations: validation_data: hexadecimal digits are wanted.');
  }
  return {
    ...(checksum !== undefined && { checksum: checksum.toLowerCase() }),
    osHashAlgo,
    osHashValue: osHashValue.toLowerCase(),
  };
}

function readValidation(value: unknown): Validation | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw invalid('validation_data: an object is wanted.');
  }
  const { os_hash_algo: algorithm, os_hash_value: digest, ...rest } = value as JsonObject;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) {
    const name = unknown.slice(0, 80);
    throw invalid(
      `validation_data.${name}: os_hash_algo and os_hash_value are all that is wanted.`,
    );
  }
  if (algorithm === undefined && digest === undefined) return undefined;
  const osHashAlgo = Object.keys(locationHashes).find((name) => name === algorithm);
  if (osHashAlgo === undefined) {
    const names = Object.keys(locationHashes).join(', ');
    throw invalid(`validation_data.os_hash_algo: one of ${names} is wanted, with os_hash_value.`);
  }
  const digits = locationHashes[osHashAlgo as keyof typeof locationHashes];
  if (typeof digest !== 'string' || digest.length !== digits || !/^[\da-f]+$/i.test(digest)) {
    throw invalid(`validation_data.os_hash_value: ${digits} hexadecimal digits are wanted.`);
  }
  return { osHashAlgo, osHashValue: digest.toLowerCase() };
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}
