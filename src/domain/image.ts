import type { ImageLocation } from './location.ts';
import type { ImageStatus } from './status.ts';
import type { Visibility } from './visibility.ts';

/** What the owner decides about an image. */
export interface ImageSettings {
  readonly name: string | null;
  /** The project that owns it; null for an image of the cloud itself, which only admins change. */
  readonly owner: string | null;
  readonly visibility: Visibility;
  /** Guards against deletion, and nothing else. */
  readonly protected: boolean;
  readonly osHidden: boolean;
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
  /** GB. */
  readonly minDisk: number;
  /** MB. */
  readonly minRam: number;
  readonly tags: readonly string[];
}

/** An image: its record, without its data. */
export interface Image extends ImageSettings {
  /** UUID. */
  readonly id: string;
  readonly status: ImageStatus;
  /** Bytes; null while there is no data. */
  readonly size: number | null;
  /** Bytes of the virtual disk inside. */
  readonly virtualSize: number | null;
  /** MD5, lower-case hex. */
  readonly checksum: string | null;
  readonly osHashAlgo: string | null;
  /** Lower-case hex. */
  readonly osHashValue: string | null;
  /** Where the data is, the same in each place; none while there is none. */
  readonly locations: readonly ImageLocation[];
  /** Custom properties, flat text. */
  readonly properties: ReadonlyMap<string, string>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What a caller asks for when it creates an image; what is left out takes its default. */
export interface ImageDraft extends Partial<ImageSettings> {
  readonly id?: string;
  readonly properties: ReadonlyMap<string, string>;
}

/** The image that `draft` describes: queued, without data, shared with nobody yet unless it says otherwise. */
export function newImage(
  draft: ImageDraft,
  given: { id: string; owner: string | null; now: Date },
): Image {
  const { properties, ...settings } = draft;
  return {
    id: given.id,
    owner: given.owner,
    name: null,
    visibility: 'shared',
    protected: false,
    osHidden: false,
    diskFormat: null,
    containerFormat: null,
    minDisk: 0,
    minRam: 0,
    tags: [],
    ...settings,
    status: 'queued',
    size: null,
    virtualSize: null,
    checksum: null,
    osHashAlgo: null,
    osHashValue: null,
    locations: [],
    properties,
    createdAt: given.now,
    updatedAt: given.now,
  };
}
