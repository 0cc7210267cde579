import { DomainError } from './errors.ts';
import type { Image } from './image.ts';
import { importProperties } from './import.ts';
import type { Validation } from './location.ts';

/** What the task of a location has to do. */
export interface LocationOrder {
  /** What the data must be; without it, the image is active at once. */
  readonly validation: Validation | undefined;
}

/** Writes an order as the input of a task. */
export function locationInput(
  url: string,
  validation: Validation | undefined,
  imageId: string,
): Readonly<Record<string, unknown>> {
  return {
    image_id: imageId,
    loc_url: url,
    validation_data: validation
      ? { os_hash_algo: validation.osHashAlgo, os_hash_value: validation.osHashValue }
      : {},
  };
}

/** Reads what `locationInput` has written. */
export function locationOrder(input: Readonly<Record<string, unknown>>): LocationOrder {
  const { validation_data: given } = input as {
    readonly validation_data: { readonly os_hash_algo?: string; readonly os_hash_value?: string };
  };
  const { os_hash_algo: osHashAlgo, os_hash_value: osHashValue } = given;
  const isGiven = osHashAlgo !== undefined && osHashValue !== undefined;
  return { validation: isGiven ? { osHashAlgo, osHashValue } : undefined };
}

/** Only an image that waits for data takes that of a place. @throws DomainError `InvalidStatusChange` */
export function checkLocatable(image: Image): void {
  if (image.status !== 'queued') {
    const text = `Image ${image.id} is ${image.status}; it must be queued to be given a location.`;
    throw new DomainError('InvalidStatusChange', text);
  }
  const unset = image.diskFormat === null ? 'disk_format' : 'container_format';
  if (image.diskFormat !== null && image.containerFormat !== null) return;
  throw new DomainError('InvalidStatusChange', `${unset}: must be set before a location is given.`);
}

/** The image, telling that a task is at it; or that none is. */
export function withTask(image: Image, task: string | undefined): Image {
  const properties = new Map(image.properties);
  if (task === undefined) properties.delete(importProperties.task);
  else properties.set(importProperties.task, task);
  return { ...image, properties };
}
