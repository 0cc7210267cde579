import type { ImageBody } from '../client/images.ts';

/** What every image has; all else is a property that somebody gave it. */
const base: ReadonlySet<string> = new Set([
  ...['id', 'name', 'status', 'visibility', 'owner', 'protected', 'os_hidden', 'tags'],
  ...['disk_format', 'container_format', 'min_disk', 'min_ram', 'size', 'virtual_size'],
  ...['checksum', 'os_hash_algo', 'os_hash_value', 'created_at', 'updated_at'],
  ...['self', 'file', 'schema', 'direct_url', 'locations', 'stores'],
]);

/** The properties that somebody gave an image, by name. */
export function propertiesOf(image: ImageBody): readonly (readonly [string, string])[] {
  return Object.entries(image)
    .filter(([name]) => !base.has(name))
    .map(([name, value]) => [name, String(value)] as const)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
}
