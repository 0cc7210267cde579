import { type Caller, hasRole } from './caller.ts';
import type { Image } from './image.ts';

/** Properties that imports give images. */
export interface ImportInjection {
  readonly properties: ReadonlyMap<string, string>;
  /** The roles, in lower case, whose imports give none. */
  readonly ignoredRoles: readonly string[];
}

/**
 * The image as an import by that caller leaves it: with the operator's properties, in place of its own of the same name.
 *
 * @see Glance's import plugin `inject_image_metadata`
 */
export function withInjected(image: Image, caller: Caller, injection: ImportInjection): Image {
  const isIgnored = injection.ignoredRoles.some((role) => hasRole(caller, role));
  if (isIgnored || injection.properties.size === 0) return image;
  return { ...image, properties: new Map([...image.properties, ...injection.properties]) };
}
