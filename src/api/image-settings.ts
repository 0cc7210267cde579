import { DomainError } from '../domain/errors.ts';
import type { ImageSettings } from '../domain/image.ts';
import type { Visibility } from '../domain/visibility.ts';

/** The base properties that a caller sets, by their names on the wire. */
export const settableNames = [
  'name',
  'owner',
  'visibility',
  'protected',
  'os_hidden',
  'disk_format',
  'container_format',
  'min_disk',
  'min_ram',
  'tags',
] as const;

export type SettableName = (typeof settableNames)[number];

/** Whether `name` is a base property that a caller sets. */
export function isSettable(name: string): name is SettableName {
  return settableNames.some((settable) => settable === name);
}

/**
 * Reads one base property whose value has passed the image schema.
 *
 * @throws DomainError `InvalidRequest` for a number out of range, which the schema leaves open.
 */
export function readSetting(name: SettableName, value: unknown): Partial<ImageSettings> {
  switch (name) {
    case 'name':
      return { name: value as string | null };
    case 'owner':
      // An empty owner is none, as Glance reads it.
      return { owner: value === '' ? null : (value as string | null) };
    case 'visibility':
      return { visibility: value as Visibility };
    case 'protected':
      return { protected: value as boolean };
    case 'os_hidden':
      return { osHidden: value as boolean };
    case 'disk_format':
      return { diskFormat: value as string | null };
    case 'container_format':
      return { containerFormat: value as string | null };
    case 'min_disk':
      return { minDisk: readSize(name, value as number) };
    case 'min_ram':
      return { minRam: readSize(name, value as number) };
    case 'tags':
      return { tags: [...new Set(value as string[])] };
  }
}

const maxInt32 = 2147483647;

function readSize(name: string, value: number): number {
  if (value < 0 || value > maxInt32) {
    throw new DomainError('InvalidRequest', `${name}: must be between 0 and ${maxInt32}.`);
  }
  return value;
}
