/** One place where the data of an image lies. */
export interface ImageLocation {
  /** Id of the store; null for data of a time when there was but one. */
  readonly store: string | null;
  /** That only its store can read. */
  readonly url: string;
  /** What whoever named it has to say of it. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A place as callers are told of it, where they are. */
export interface ShownLocation {
  readonly url: string;
  /** With the `store`, where there are several. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What of an image's places its reader is told. */
export interface ToldPlaces {
  readonly told?: {
    readonly locations: readonly ShownLocation[] | undefined;
    /** The URL of the place that is read first. */
    readonly directUrl: string | undefined;
  };
}

/** Says a place as the wire does. */
export function shownLocation({ store, url, metadata }: ImageLocation): ShownLocation {
  return { url, metadata: { ...metadata, ...(store !== null && { store }) } };
}

/** What data is to be, as whoever named its place says. */
export interface Validation {
  /** MD5, lower-case hex. */
  readonly checksum?: string;
  readonly osHashAlgo: string;
  /** Lower-case hex. */
  readonly osHashValue: string;
}

/** By which the data of a place can be told from other data, and the hexadecimal digits that each has. */
export const locationHashes = { md5: 32, sha1: 40, sha256: 64, sha512: 128 } as const;

/** Where data lies that is to become an image's. */
export interface StagedData extends ImageLocation {
  /** Bytes. */
  readonly size: number;
  /** MD5, lower-case hex. */
  readonly checksum: string;
  /** SHA-512, lower-case hex. */
  readonly sha512: string;
  /** As what it was looked at, see `formatKey`. */
  readonly checkedAs: string | null;
  /** Bytes of the disk inside; null when nothing tells. */
  readonly virtualSize: number | null;
}

/** What an image calls its data, in one text: data that was looked at as one thing is none of another. */
export function formatKey({
  diskFormat,
  containerFormat,
}: {
  readonly diskFormat: string | null;
  readonly containerFormat: string | null;
}): string {
  return `${diskFormat ?? ''} ${containerFormat ?? ''}`;
}

/** Bytes that an image counts against its project's quota: each of its copies does. */
export function countedBytes({
  size,
  locations,
}: {
  readonly size: number | null;
  readonly locations: readonly ImageLocation[];
}): number {
  return (size ?? 0) * locations.length;
}
