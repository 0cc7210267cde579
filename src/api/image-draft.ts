import { DomainError } from '../domain/errors.ts';
import type { ImageDraft, ImageSettings } from '../domain/image.ts';
import { type ImageSchema, standardImageSchema } from './image-schema.ts';
import { readSetting, settableNames } from './image-settings.ts';
import type { JsonObject } from './json-body.ts';
import { isReserved, maxNameLength } from './reserved-names.ts';
import { basePropertyNames, label } from './schemas.ts';

const neverGiven = ['direct_url', 'self', 'file', 'schema', 'stores'];
const readOnly = [
  'created_at',
  'updated_at',
  'status',
  'checksum',
  'size',
  'virtual_size',
  'os_hash_algo',
  'os_hash_value',
  'locations',
];

/** What a create call asks for, and the checks that have their turn only after its permissions. */
export interface ParsedDraft {
  readonly draft: ImageDraft;
  /** The first property that only the service sets; refused after owner and visibility were judged. */
  readonly readOnly: string | undefined;
}

/**
 * Reads the body of a create call.
 *
 * @throws DomainError `NotPermitted` for names that only the service gives, `InvalidRequest` for
 *   values that do not fit the schema.
 * @see Images API v2, "Create image"
 */
export function parseImageDraft(
  body: JsonObject,
  schema: ImageSchema = standardImageSchema,
): ParsedDraft {
  refuseNames(body, neverGiven);
  schema.checkImage(body);

  const properties = new Map<string, string>();
  for (const [name, value] of Object.entries(body)) {
    if (basePropertyNames.has(name)) continue;
    checkCustomName(name);
    // The schema lets some documented properties be null; they read back as empty text.
    properties.set(name, value === null ? '' : (value as string));
  }
  const settings: Partial<ImageSettings> = Object.assign(
    {},
    ...settableNames.filter((name) => name in body).map((name) => readSetting(name, body[name])),
  );
  return {
    draft: { ...settings, ...('id' in body && { id: body['id'] as string }), properties },
    readOnly: readOnly.find((name) => name in body),
  };
}

function refuseNames(body: JsonObject, names: readonly string[]): void {
  const refused = names.find((name) => name in body);
  if (refused) throw new DomainError('NotPermitted', `${refused}: is set by the service alone.`);
}

/**
 * Refuses names that custom properties may not have.
 *
 * @throws DomainError `InvalidRequest` when too long or empty, `NotPermitted` when reserved.
 */
export function checkCustomName(name: string): void {
  if (name === '' || name.length > maxNameLength) {
    throw new DomainError(
      'InvalidRequest',
      `${label(name)}: a property name has 1 to ${maxNameLength} characters.`,
    );
  }
  if (isReserved(name)) {
    throw new DomainError('NotPermitted', `${label(name)}: is a reserved property name.`);
  }
}
