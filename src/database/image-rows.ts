import type { Selectable } from 'kysely';
import type { Image } from '../domain/image.ts';
import type { ImageLocation } from '../domain/location.ts';
import { propertiesFromJson, propertiesToJson } from '../domain/properties.ts';
import type { ImageRow } from './image-tables.ts';

/** The image that a row stands for. */
export function imageFromRow(row: Selectable<ImageRow>): Image {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    status: row.status,
    visibility: row.visibility,
    protected: row.protected === 1,
    osHidden: row.os_hidden === 1,
    diskFormat: row.disk_format,
    containerFormat: row.container_format,
    minDisk: row.min_disk,
    minRam: row.min_ram,
    size: row.size,
    virtualSize: row.virtual_size,
    checksum: row.checksum,
    osHashAlgo: row.os_hash_algo,
    osHashValue: row.os_hash_value,
    locations: locationsFrom(row),
    tags: tagsFrom(row.tags),
    properties: propertiesFromJson(row.properties),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}

const nowhere: readonly ImageLocation[] = [];

/** Where the data of an image is, by the columns that say so. */
export function locationsFrom({
  location,
  locations,
}: Pick<Selectable<ImageRow>, 'location' | 'locations'>): readonly ImageLocation[] {
  // A deleted image of an older release has no such column.
  if (locations) return JSON.parse(locations) as ImageLocation[];
  return location ? [{ store: null, url: location }] : nowhere;
}

/** The columns that say where the data of an image is. */
export function locationsToRow(locations: readonly ImageLocation[]) {
  const [first, second] = locations;
  const isPlain = !second && (first === undefined || first.store === null);
  return {
    location: first?.url ?? null,
    locations: isPlain ? null : JSON.stringify(locations),
  };
}

/** The tags that `JSON.stringify` has written. */
function tagsFrom(text: string): readonly string[] {
  if (text === '[]') return [];
  // Without an escape there is no quote in a tag, and they need not be parsed.
  return text.includes('\\') ? (JSON.parse(text) as string[]) : text.slice(2, -2).split('","');
}

/** The row that keeps an image. */
export function imageToRow(image: Image): ImageRow {
  return {
    id: image.id,
    status: image.status,
    size: image.size,
    virtual_size: image.virtualSize,
    checksum: image.checksum,
    os_hash_algo: image.osHashAlgo,
    os_hash_value: image.osHashValue,
    ...locationsToRow(image.locations),
    created_at: image.createdAt.getTime(),
    ...settingsToRow(image),
  };
}

/** The columns that a PATCH may change. */
export function settingsToRow(image: Image) {
  return {
    name: image.name,
    sort_name: image.name ?? '',
    owner: image.owner,
    visibility: image.visibility,
    protected: Number(image.protected),
    os_hidden: Number(image.osHidden),
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    min_disk: image.minDisk,
    min_ram: image.minRam,
    tags: JSON.stringify(image.tags),
    properties: propertiesToJson(image.properties),
    updated_at: image.updatedAt.getTime(),
  };
}
