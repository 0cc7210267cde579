import { type Caller, isAdmin } from './caller.ts';
import type { Target } from './condition.ts';
import { DomainError } from './errors.ts';
import type { Image, ImageSettings } from './image.ts';
import { checkLimit, type Limits } from './limits.ts';
import {
  checkLocationChange,
  isLocationChange,
  type LocationChange,
  type LocationRules,
  withLocations,
} from './location-change.ts';
import type { Policy } from './policy.ts';
import { checkProperty, type PropertyProtection } from './property-protection.ts';

/** By which rules changes are judged. */
export interface ChangeRules {
  readonly limits: Limits;
  readonly policy: Policy;
  readonly protection: PropertyProtection;
  /** Where callers are not told of locations, they change none. */
  readonly locations?: LocationRules | undefined;
}

/** One step of a PATCH whose syntax and values have been checked. */
export type ImageChange =
  | { readonly kind: 'set'; readonly settings: Partial<ImageSettings> }
  | {
      readonly kind: 'setProperty';
      readonly name: string;
      readonly value: string;
      /** What must hold of the property before: nothing (`any`), or that it is there, or not. */
      readonly before: 'any' | 'present' | 'absent';
    }
  | { readonly kind: 'removeProperty'; readonly name: string }
  | LocationChange
  /** Well formed, but never allowed; refused when its turn comes, after the image was found. */
  | {
      readonly kind: 'refuse';
      readonly code: 'NotPermitted' | 'PropertyConflict';
      readonly message: string;
    };

/**
 * Applies the steps in order; nothing is kept unless all of them pass. No steps need no permission.
 *
 * @throws DomainError `NotPermitted` `PropertyConflict` `QuotaExceeded`; of locations `InvalidRequest` `InvalidStatusChange` too
 * @see Images API v2, "Update image"
 */
export function applyChanges(
  image: Image & Target,
  changes: readonly ImageChange[],
  caller: Caller,
  rules: ChangeRules,
): Image {
  return changes.reduce((changed, change) => applyChange(changed, change, caller, rules), image);
}

function applyChange(
  image: Image & Target,
  change: ImageChange,
  caller: Caller,
  rules: ChangeRules,
): Image {
  const { limits, policy, protection } = rules;
  if (isLocationChange(change)) return changeLocations(image, change, caller, rules);
  if (change.kind === 'set' && change.settings.visibility !== undefined) {
    checkVisibility(change.settings.visibility, image, caller, policy);
  }
  if (!policy.allows('modify_image', caller, image)) {
    throw new DomainError('NotPermitted', `You may not change image ${image.id}.`);
  }
  switch (change.kind) {
    case 'refuse':
      throw new DomainError(change.code, change.message);
    case 'set':
      return setSettings(image, change.settings, caller, limits);
    case 'setProperty':
      // Before whether it is there: who may not touch a property is not told.
      checkProperty(protection, operationOf(image, change), change.name, caller, image);
      return setProperty(image, change, limits);
    case 'removeProperty':
      checkProperty(protection, 'delete', change.name, caller, image);
      return removeProperty(image, change.name);
  }
}

function changeLocations(
  image: Image & Target,
  change: LocationChange,
  caller: Caller,
  { policy, locations }: ChangeRules,
): Image {
  if (!locations) {
    const text = 'locations: cannot be changed, since they are not shown.';
    throw new DomainError('NotPermitted', text);
  }
  checkLocationChange(image, change, caller, policy);
  return withLocations(image, change, locations);
}

/**
 * Refuses a visibility that the caller may not give.
 *
 * @throws DomainError `NotPermitted`
 */
export function checkVisibility(
  visibility: ImageSettings['visibility'],
  image: Target,
  caller: Caller,
  policy: Policy,
): void {
  if (visibility === 'public' && !policy.allows('publicize_image', caller, image)) {
    throw new DomainError('NotPermitted', 'visibility: you may not make an image public.');
  }
  if (visibility === 'community' && !policy.allows('communitize_image', caller, image)) {
    throw new DomainError('NotPermitted', 'visibility: you may not make this image community.');
  }
}

function setSettings(
  image: Image,
  settings: Partial<ImageSettings>,
  caller: Caller,
  limits: Limits,
): Image {
  if (settings.owner !== undefined && !isAdmin(caller)) {
    throw new DomainError('NotPermitted', 'owner: only an admin may give an image away.');
  }
  const formats = settings.diskFormat !== undefined || settings.containerFormat !== undefined;
  // What has been imported has been looked at by the formats that the image named then.
  const isOpen =
    image.status === 'queued' || (image.status === 'importing' && image.locations.length === 0);
  if (formats && !isOpen) {
    throw new DomainError(
      'NotPermitted',
      `disk_format and container_format cannot change while the image is ${image.status}.`,
    );
  }
  if (settings.tags) checkLimit(settings.tags.length, limits.tags, 'tags');
  return { ...image, ...settings };
}

function operationOf(
  image: Image,
  { name, before }: Extract<ImageChange, { kind: 'setProperty' }>,
): 'create' | 'update' {
  if (before === 'any') return image.properties.has(name) ? 'update' : 'create';
  return before === 'present' ? 'update' : 'create';
}

function setProperty(
  image: Image,
  change: Extract<ImageChange, { kind: 'setProperty' }>,
  limits: Limits,
): Image {
  const present = image.properties.has(change.name);
  if (change.before === 'present' && !present) {
    throw new DomainError('PropertyConflict', `Property ${change.name} does not exist.`);
  }
  if (change.before === 'absent' && present) {
    throw new DomainError('PropertyConflict', `Property ${change.name} already exists.`);
  }
  const properties = new Map(image.properties).set(change.name, change.value);
  if (!present) checkProperties(properties, limits);
  return { ...image, properties };
}

function removeProperty(image: Image, name: string): Image {
  const properties = new Map(image.properties);
  if (!properties.delete(name)) {
    throw new DomainError('PropertyConflict', `Property ${name} does not exist.`);
  }
  return { ...image, properties };
}

/**
 * Refuses more custom properties than allowed; those that the service itself keeps are not counted.
 *
 * @throws DomainError `QuotaExceeded`
 */
export function checkProperties(properties: ReadonlyMap<string, string>, limits: Limits): void {
  const own = [...properties.keys()].filter((name) => !name.startsWith('os_glance'));
  checkLimit(own.length, limits.properties, 'custom properties');
}
