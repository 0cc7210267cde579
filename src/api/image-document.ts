import type { Image } from '../domain/image.ts';

/** An image as the wire shows it; custom properties stand beside the base ones. */
export type ImageDocument = Readonly<Record<string, unknown>>;

/**
 * Writes an image as its document.
 *
 * @see Images API v2, "Show image"
 */
export function imageDocument(image: Image): ImageDocument {
  const document: Record<string, unknown> = {
    name: image.name,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    visibility: image.visibility,
    size: image.size,
    virtual_size: image.virtualSize,
    status: image.status,
    checksum: image.checksum,
    protected: image.protected,
    min_ram: image.minRam,
    min_disk: image.minDisk,
    owner: image.owner,
    os_hidden: image.osHidden,
    os_hash_algo: image.osHashAlgo,
    os_hash_value: image.osHashValue,
    id: image.id,
    created_at: wireTime(image.createdAt),
    updated_at: wireTime(image.updatedAt),
    tags: image.tags,
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: '/v2/schemas/image',
  };
  // A custom name never equals a base name, so nothing above can be replaced.
  return image.properties.size === 0
    ? document
    : { ...document, ...Object.fromEntries(image.properties) };
}

/** A time as the wire shows it: UTC, whole seconds, `Z`. */
export function wireTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
