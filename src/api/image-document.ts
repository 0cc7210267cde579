import type { Image } from '../domain/image.ts';
import type { ToldPlaces } from '../domain/location.ts';
import { propertiesToJson } from '../domain/properties.ts';

/**
 * Writes an image as its JSON document; custom properties stand beside the base ones.
 *
 * It is put together as text: what is kept as JSON goes out as it is, and a list writes many.
 *
 * @see Images API v2, "Show image"
 */
export function imageJson(image: Image & ToldPlaces): string {
  // Ids are UUIDs, and need no escapes.
  const path = `/v2/images/${image.id}`;
  const properties = propertiesToJson(image.properties);
  const base =
    `{"name":${json(image.name)},"disk_format":${json(image.diskFormat)}` +
    `,"container_format":${json(image.containerFormat)},"visibility":"${image.visibility}"` +
    `,"size":${image.size},"virtual_size":${image.virtualSize},"status":"${image.status}"` +
    `,"checksum":${json(image.checksum)},"protected":${image.protected}` +
    `,"min_ram":${image.minRam},"min_disk":${image.minDisk},"owner":${json(image.owner)}` +
    `,"os_hidden":${image.osHidden},"os_hash_algo":${json(image.osHashAlgo)}` +
    `,"os_hash_value":${json(image.osHashValue)},"id":"${image.id}"` +
    `,"created_at":"${wireTime(image.createdAt)}","updated_at":"${wireTime(image.updatedAt)}"` +
    `,"tags":${JSON.stringify(image.tags)},"self":"${path}","file":"${path}/file"` +
    `,"schema":"/v2/schemas/image"${storesMember(image)}${placesMembers(image)}`;
  // A custom name never equals a base name, so nothing above is said twice.
  return properties === '{}' ? `${base}}` : `${base},${properties.slice(1)}`;
}

/** Where the data is, for those who are told. */
function placesMembers({ told }: ToldPlaces): string {
  if (!told) return '';
  const { locations, directUrl } = told;
  const all = locations ? `,"locations":${JSON.stringify(locations)}` : '';
  return directUrl === undefined ? all : `${all},"direct_url":${JSON.stringify(directUrl)}`;
}

/** The JSON of an image, or the JSON that is kept of it. */
export function shownJson(shown: (Image & ToldPlaces) | string): string {
  return typeof shown === 'string' ? shown : imageJson(shown);
}

/** In which stores the data is, by their ids in order; nothing where there is but one store. */
function storesMember({ locations }: Image): string {
  const stores = locations.map(({ store }) => store).filter((store) => store !== null);
  return stores.length === 0 ? '' : `,"stores":${JSON.stringify(stores.sort().join(','))}`;
}

function json(text: string | null): string {
  return text === null ? 'null' : JSON.stringify(text);
}

/** A time as the wire shows it: UTC, whole seconds, `Z`. */
export function wireTime(time: Date): string {
  const seconds = Math.floor(time.getTime() / 1000);
  const day = Math.floor(seconds / secondsOfDay);
  const second = seconds - day * secondsOfDay;
  const hour = Math.floor(second / 3600);
  const minute = Math.floor(second / 60) % 60;
  return `${dayText(day)}T${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[second % 60]}Z`;
}

const secondsOfDay = 86_400;
const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));

/** The days lately asked for: a page has few, and a date takes longer to write than all the rest of a time. */
const days = new Map<number, string>();
const maxDays = 1000;

function dayText(day: number): string {
  const known = days.get(day);
  if (known !== undefined) return known;
  const text = new Date(day * secondsOfDay * 1000).toISOString().split('T', 1)[0] as string;
  if (days.size >= maxDays) days.clear();
  days.set(day, text);
  return text;
}
