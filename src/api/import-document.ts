import { DomainError } from '../domain/errors.ts';
import {
  type ImportMethod,
  type ImportMethodName,
  type ImportRequest,
  importMethods,
} from '../domain/import.ts';
import type { JsonObject } from './json-body.ts';

/** Writes by which methods data can be imported. @see Images API v2, "Import methods and values discovery" */
export function importMethodsDocument(methods: readonly string[]) {
  return {
    'import-methods': {
      description: 'Import methods available.',
      type: 'array',
      value: methods,
    },
  };
}

/** What the operator has to say of imports. */
export interface ImportRules {
  readonly methods: readonly ImportMethodName[];
  /** Ids of the stores to choose from; none where there is but one. */
  readonly stores: readonly string[];
}

/**
 * Reads the body of an import.
 *
 * @param headerStore what `x-image-meta-store` says
 * @throws DomainError `InvalidRequest`, naming the field and what was wanted
 * @see Images API v2, "Import an image"
 */
export function parseImport(
  body: JsonObject,
  headerStore: string | undefined,
  { methods, stores: known }: ImportRules,
): ImportRequest {
  const hasStores = known.length > 0;
  const method = readMethod(body['method'], methods);
  const allStores = readFlag(body, 'all_stores', false);
  const allMustSucceed = readFlag(body, 'all_stores_must_succeed', true);
  const stores = readStores(body['stores']);
  if (allStores && (stores ?? headerStore) !== undefined) {
    throw invalid('all_stores: cannot be combined with stores or x-image-meta-store.');
  }
  if (stores && headerStore !== undefined) {
    throw invalid('stores: cannot be combined with x-image-meta-store.');
  }
  if (!hasStores && !allMustSucceed) {
    throw invalid('all_stores_must_succeed: must be true where there is but one store.');
  }
  // A service with one store does not know of stores.
  const named = hasStores
    ? (stores ?? (headerStore === undefined ? undefined : [headerStore]))
    : undefined;
  return { method, stores: named, allStores: hasStores && allStores, allMustSucceed };
}

function readMethod(value: unknown, enabled: readonly ImportMethodName[]): ImportMethod {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('method: an object with a name is wanted.');
  }
  const fields = value as JsonObject;
  const name = importMethods.find((known) => known === fields['name']);
  if (name === undefined || !enabled.includes(name)) {
    throw invalid(`method.name: one of ${enabled.join(', ') || 'no method'} is wanted.`);
  }
  switch (name) {
    case 'glance-direct':
    case 'copy-image':
      return { name };
    case 'web-download':
      return { name, uri: readText(fields, 'uri') };
    case 'glance-download':
      return { name, ...readRegion(fields) };
  }
}

/** The interface is the region's own matter here: the operator has said where it is. */
function readRegion(fields: JsonObject): { readonly region: string; readonly imageId: string } {
  const { glance_service_interface: kind = 'public' } = fields;
  if (kind !== 'public' && kind !== 'internal' && kind !== 'admin') {
    throw invalid('method.glance_service_interface: one of public, internal, admin is wanted.');
  }
  const imageId = readText(fields, 'glance_image_id').toLowerCase();
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(imageId)) {
    throw invalid('method.glance_image_id: the ID of an image is wanted, a UUID.');
  }
  return { region: readText(fields, 'glance_region'), imageId };
}

/** Characters of a URL; longer ones are no use to anybody. */
const maxLength = 4096;

function readText(fields: JsonObject, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '' && value.length <= maxLength) return value;
  throw invalid(`method.${name}: text of 1 to ${maxLength} characters is wanted.`);
}

function readFlag(body: JsonObject, name: string, initial: boolean): boolean {
  const value = name in body ? body[name] : initial;
  if (typeof value === 'boolean') return value;
  throw invalid(`${name}: true or false is wanted.`);
}

const maxStores = 100;

function readStores(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const isList = Array.isArray(value) && value.length > 0 && value.length <= maxStores;
  if (isList && value.every((one) => typeof one === 'string')) return [...new Set(value)];
  throw invalid('stores: a list of IDs of stores is wanted.');
}

function invalid(message: string): DomainError {
  return new DomainError('InvalidRequest', message);
}
