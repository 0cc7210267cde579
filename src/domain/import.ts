import { DomainError } from './errors.ts';
import type { Image } from './image.ts';
import type { ImageStatus } from './status.ts';

/** The ways in which data can be imported. @see Images API v2, "Interoperable image import" */
export const importMethods = [
  'glance-direct',
  'web-download',
  'copy-image',
  'glance-download',
] as const;

export type ImportMethodName = (typeof importMethods)[number];

/** How data is to come in. */
export type ImportMethod =
  | { readonly name: 'glance-direct' | 'copy-image' }
  | { readonly name: 'web-download'; readonly uri: string }
  | RegionMethod;

/** Data of an image that another region has. */
export interface RegionMethod {
  readonly name: 'glance-download';
  readonly region: string;
  /** UUID, there. */
  readonly imageId: string;
}

/** Data of an object that a caller has in an object store; only tasks of type `import` bring it. */
export interface ObjectMethod {
  readonly name: 'object-download';
  /** `container/object` */
  readonly from: string;
}

/** How a task's data is to come in. */
export type OrderedMethod = ImportMethod | ObjectMethod;

/** Whether data of this method is not staged but comes from elsewhere. */
export function isFromElsewhere({ name }: OrderedMethod): boolean {
  return name !== 'glance-direct' && name !== 'copy-image';
}

/** An import as a caller asks for it. */
export interface ImportRequest {
  readonly method: ImportMethod;
  /** Ids of stores; undefined for the default one. */
  readonly stores: readonly string[] | undefined;
  readonly allStores: boolean;
  /** Whether one store that fails undoes the whole import. */
  readonly allMustSucceed: boolean;
}

/** The properties by which an image tells of its import; nobody but the service sets them. */
export const importProperties = {
  task: 'os_glance_import_task',
  importing: 'os_glance_importing_to_stores',
  failed: 'os_glance_failed_import',
} as const;

/** The status that an image must have. */
const wantedStatus: Readonly<Record<ImportMethodName, ImageStatus>> = {
  'glance-direct': 'uploading',
  'web-download': 'queued',
  'copy-image': 'active',
  'glance-download': 'queued',
};

/**
 * Refuses an import that the state of the image does not allow.
 *
 * @throws DomainError `InvalidStatusChange`
 */
export function checkImportable(image: Image, method: ImportMethodName): void {
  const wanted = wantedStatus[method];
  if (image.status !== wanted) {
    throw new DomainError(
      'InvalidStatusChange',
      `Image ${image.id} is ${image.status}; for ${method} it must be ${wanted}.`,
    );
  }
  // The formats come with the data.
  if (method === 'glance-download') return;
  const unset = image.diskFormat === null ? 'disk_format' : 'container_format';
  if (image.diskFormat === null || image.containerFormat === null) {
    throw new DomainError('InvalidStatusChange', `${unset}: must be set before data is imported.`);
  }
}

/** The stores that an import has still to do, or has failed to do, as the image tells them. */
export function storesIn(image: Image, list: 'importing' | 'failed'): readonly string[] {
  const text = image.properties.get(importProperties[list]) ?? '';
  return text === '' ? [] : text.split(',');
}

/** What an image tells of its import. */
export interface ImportState {
  /** Id of the task at it; undefined when there is none. */
  readonly task: string | undefined;
  readonly importing: readonly string[];
  readonly failed: readonly string[];
}

/** The image, telling of its import. */
export function withImportState(image: Image, { task, importing, failed }: ImportState): Image {
  const properties = new Map(image.properties)
    .set(importProperties.importing, importing.join(','))
    .set(importProperties.failed, failed.join(','));
  if (task === undefined) properties.delete(importProperties.task);
  else properties.set(importProperties.task, task);
  return { ...image, properties };
}

/** The image without what it tells of an import that ended without a word: it keeps the copies that it has, or is queued. */
export function withoutImport(image: Image): Image {
  const told = image.properties.has(importProperties.task)
    ? withImportState(image, {
        task: undefined,
        importing: [],
        failed: [...new Set([...storesIn(image, 'failed'), ...storesIn(image, 'importing')])],
      })
    : image;
  if (image.status !== 'importing' && image.status !== 'uploading') return told;
  // Data at a location whose hash was never compared is not known to be what was wanted.
  const isKnown = image.locations.length > 0 && image.checksum !== null;
  return isKnown ? { ...told, status: 'active' } : emptied(told);
}

/** The image without data, waiting for some. */
export function emptied(image: Image): Image {
  return {
    ...image,
    status: 'queued',
    locations: [],
    size: null,
    virtualSize: null,
    checksum: null,
    osHashAlgo: null,
    osHashValue: null,
  };
}
