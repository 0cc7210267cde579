import { DomainError } from '../domain/errors.ts';
import type { ImageChange } from '../domain/image-change.ts';
import { checkCustomName } from './image-draft.ts';
import { type ImageSchema, standardImageSchema } from './image-schema.ts';
import { isSettable, readSetting } from './image-settings.ts';
import type { JsonObject } from './json-body.ts';
import { type LocationDocument, readLocations } from './location-document.ts';
import { isReserved } from './reserved-names.ts';
import { basePropertyNames, label } from './schemas.ts';

/** The two media types of PATCH: 2.1 is JSON Patch, 2.0 names the path in the operation's own key. */
export const patchMediaTypes = {
  'application/openstack-images-v2.0-json-patch': 'v2.0',
  'application/openstack-images-v2.1-json-patch': 'v2.1',
} as const;

export type PatchDialect = (typeof patchMediaTypes)[keyof typeof patchMediaTypes];

type Operation = 'add' | 'replace' | 'remove';

interface Step {
  readonly operation: Operation;
  readonly path: readonly string[];
  readonly value: unknown;
}

const operations: readonly Operation[] = ['add', 'replace', 'remove'];

/** Set by the service; refused before the image is even looked up. */
const readOnly = new Set([
  'created_at',
  'updated_at',
  'status',
  'checksum',
  'size',
  'virtual_size',
  'direct_url',
  'self',
  'file',
  'schema',
  'id',
  'os_hash_algo',
  'os_hash_value',
  'stores',
]);

/**
 * Reads the body of a PATCH into the steps that it asks for.
 *
 * @throws DomainError `InvalidRequest` for anything malformed, `NotPermitted` for names that only
 *   the service sets.
 * @see Images API v2, "Update image"
 */
export function parseImagePatch(
  body: JsonObject | readonly unknown[],
  dialect: PatchDialect,
  schema: ImageSchema = standardImageSchema,
): ImageChange[] {
  if (!Array.isArray(body)) throw invalid('The body must be a list of operations.');
  return body.map((item, index) => changeOf(readStep(item, index, dialect), dialect, schema));
}

function readStep(item: unknown, index: number, dialect: PatchDialect): Step {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    throw invalid(`Operation ${index}: must be an object.`);
  }
  const { operation, pointer } =
    dialect === 'v2.1' ? readNamedOperation(item, index) : readKeyedOperation(item, index);
  const path = parsePointer(pointer, index);
  checkPath(path, operation, index);
  if (operation === 'remove') return { operation, path, value: undefined };
  if (!Object.hasOwn(item, 'value')) throw invalid(`Operation ${index}: value is missing.`);
  return { operation, path, value: (item as { readonly value: unknown }).value };
}

function readNamedOperation(item: object, index: number) {
  const { op, path } = item as { readonly op?: unknown; readonly path?: unknown };
  const operation = operations.find((name) => name === op);
  if (!operation) throw invalid(`Operation ${index}: op must be add, replace or remove.`);
  return { operation, pointer: path };
}

function readKeyedOperation(item: object, index: number) {
  const [operation, second] = operations.filter((name) => Object.hasOwn(item, name));
  if (!operation || second) {
    throw invalid(`Operation ${index}: exactly one of add, replace and remove is wanted.`);
  }
  return { operation, pointer: (item as Readonly<Record<Operation, unknown>>)[operation] };
}

/** RFC 6901, with Glance's own rule that blanks around a segment do not count. */
function parsePointer(pointer: unknown, index: number): readonly string[] {
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) {
    throw invalid(`Operation ${index}: path must be text that starts with "/".`);
  }
  const segments = pointer
    .slice(1)
    .split('/')
    .map((segment) => segment.trim());
  if (segments.includes('') || segments.some((segment) => /~(?![01])/.test(segment))) {
    throw invalid(`Operation ${index}: path ${label(pointer)} is no valid JSON pointer.`);
  }
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Where a location is added or removed its index follows; every other path names one property. */
function checkPath(path: readonly string[], operation: Operation, index: number): void {
  const [root = ''] = path;
  const depth = root === 'locations' && operation !== 'replace' ? 2 : 1;
  if (path.length !== depth) {
    throw invalid(`Operation ${index}: path must have ${depth} segment${depth > 1 ? 's' : ''}.`);
  }
  if (readOnly.has(root) || isReserved(root)) {
    throw new DomainError('NotPermitted', `${label(root)}: is set by the service alone.`);
  }
}

function changeOf(step: Step, dialect: PatchDialect, schema: ImageSchema): ImageChange {
  const name = step.path[0] ?? '';
  if (name === 'locations') return locationChange(step, schema);
  if (!basePropertyNames.has(name)) return customChange(name, step, { dialect, schema });
  if (!isSettable(name)) return refuse('NotPermitted', `${name}: is set by the service alone.`);
  if (step.operation === 'remove') {
    return refuse('NotPermitted', `${name}: every image has it, it cannot be removed.`);
  }
  schema.checkProperty(name, step.value);
  if (step.operation === 'add' && dialect === 'v2.0') {
    return refuse('PropertyConflict', `Property ${name} already exists.`);
  }
  return { kind: 'set', settings: readSetting(name, step.value) };
}

function customChange(
  name: string,
  step: Step,
  { dialect, schema }: { readonly dialect: PatchDialect; readonly schema: ImageSchema },
): ImageChange {
  checkCustomName(name);
  if (step.operation === 'remove') {
    schema.checkRemoval(name);
    return { kind: 'removeProperty', name };
  }
  schema.checkProperty(name, step.value);
  const value = step.value === null ? '' : (step.value as string);
  if (step.operation === 'replace') return { kind: 'setProperty', name, value, before: 'present' };
  // Clients of 2.1 add what is already there and mean to set it.
  return { kind: 'setProperty', name, value, before: dialect === 'v2.1' ? 'any' : 'absent' };
}

/** The first segment behind `locations` is an index, which a removal and an addition have. */
function locationChange({ operation, path, value }: Step, schema: ImageSchema): ImageChange {
  const at = path[1] ?? '';
  if (operation === 'remove') return { kind: 'removeLocation', at };
  const given = operation === 'add' ? [value] : value;
  schema.checkProperty('locations', given);
  const locations = readLocations(given as readonly LocationDocument[]);
  const [location] = locations;
  if (operation === 'replace' || !location) return { kind: 'replaceLocations', locations };
  return { kind: 'addLocation', at, location };
}

function refuse(code: 'NotPermitted' | 'PropertyConflict', message: string): ImageChange {
  return { kind: 'refuse', code, message };
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}
