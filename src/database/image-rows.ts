import type { Selectable } from 'kysely';
import type { Image } from '../domain/image.ts';
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
    location: row.location,
    tags: tagsFrom(row.tags),
    properties: propertiesFromJson(row.properties),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
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
    location: image.location,
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
