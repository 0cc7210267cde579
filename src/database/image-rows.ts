import type { Selectable } from 'kysely';
import type { Image } from '../domain/image.ts';
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
    tags: row.tags === '[]' ? [] : (JSON.parse(row.tags) as string[]),
    properties: propertiesFrom(row.properties),
    createdAt: new Date(row.created_at),
    updatedAt: new Date(row.updated_at),
  };
}

function propertiesFrom(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  if (text === '{}') return properties;
  const values = JSON.parse(text) as Record<string, string>;
  for (const name of Object.keys(values)) properties.set(name, values[name] as string);
  return properties;
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
    properties: JSON.stringify(Object.fromEntries(image.properties)),
    updated_at: image.updatedAt.getTime(),
  };
}
