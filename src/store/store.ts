import type { Readable } from 'node:stream';
import type { ChunkSums } from './chunk-sums.ts';
import type { Hold } from './holds.ts';

/** Where a store keeps one image's data: a URL that only the store that gave it out can read. */
export type Location = string;

/** What is known of data once it is whole and on stable storage. */
export interface StoredData {
  readonly location: Location;
  /** Bytes. */
  readonly size: number;
  /** MD5, lower-case hex. */
  readonly checksum: string;
  /** SHA-512, lower-case hex. */
  readonly sha512: string;
  /** Checksums of its chunks, by which reads are verified. */
  readonly sums: ChunkSums;
}

export interface PutOptions {
  /** Largest size accepted, bytes; one byte more is `TooLarge`. */
  readonly maxSize: number;
  /** The size that the sender announced, bytes: the store refuses at once what cannot fit. */
  readonly expectedSize?: number;
  /** Asked before the store keeps more than it did, with the bytes in all; what it throws ends the put. */
  readonly admit?: ((size: number) => Promise<void>) | undefined;
  readonly check?: DataCheck | undefined;
  readonly signal: AbortSignal;
}

/** Looks at data on its way in. What it throws ends the put, which leaves nothing behind. */
export interface DataCheck {
  /** Sees the next bytes; they are there during the call alone. */
  read(bytes: Uint8Array): void;
  /** Judges the data before it can be seen. @param size bytes in all */
  end(size: number): void;
}

/**
 * Image data, and nothing but the data.
 *
 * A driver promises: data is visible only when whole and on stable storage; two `put`s of one image
 * cannot both succeed; `delete` is idempotent; a failed or aborted `put` leaves nothing behind; a
 * location that the store did not give out is refused; memory does not grow with the data.
 */
export interface Store extends AsyncDisposable {
  readonly id: string;
  /** Makes sure that there is a place for data and that it may be used; called once at start. @throws StoreError `Unavailable`. */
  check(): Promise<void>;
  /**
   * Reads `data` to its end. It is left undestroyed on failure, paused wherever reading stopped.
   *
   * @throws StoreError `Exists` `TooLarge` `Full` `ReadOnly` `Unavailable`; the source's own error when it fails; what
   *   `admit` or `check` throws; the signal's reason when aborted. TypeError when the id is not a UUID.
   */
  put(imageId: string, data: Readable, options: PutOptions): Promise<StoredData>;
  /** Where `put` keeps the data of that image. TypeError when the id is not a UUID. */
  locationOf(imageId: string): Location;
  /** Whether the location is one that the store gives out, to whatever data. */
  isLocation(location: Location): boolean;
  /** @throws StoreError `NotFound` `Unavailable`. */
  open(location: Location): Promise<StoredReader>;
  /** @throws StoreError `NotFound` for a location that the store did not give out; `Unavailable`. */
  delete(location: Location): Promise<void>;
  /**
   * Removes whatever a crash left of unfinished `put`s for `imageId`: partial files, and whole data that no
   * record names. Not to be called while the image is being put.
   *
   * @throws StoreError `Unavailable`.
   */
  discard(imageId: string): Promise<void>;
  /** Removes every partial file; called once at start, before the first `put`. @throws StoreError `Unavailable`. */
  sweep(): Promise<void>;
  /** Everything that lies in its place, in no order; what comes or goes meanwhile may be missing. @throws StoreError `Unavailable`. */
  list(): AsyncIterable<StoredObject>;
  /** By which it knows the data of a location. @throws StoreError `NotFound` for a location that the store did not give out. */
  dataIdOf(location: Location): string;
  /** Where it keeps data in files, these. */
  readonly files?: StoredFiles;
  /** Goes on with data of which `size` bytes are there, where a store can let data grow; undefined where it cannot. */
  readonly grow?: ((dataId: string, growing: GrowOptions) => Growth) | undefined;
}

/** Something that lies in the place of a store. */
export type StoredObject = {
  /** As people find it there. */
  readonly name: string;
  /** Bytes; undefined when it would have to be asked for. */
  readonly size: number | undefined;
  readonly changedAt: Date;
} & (
  | {
      /** Data that can be opened, or what an upload has left or is at. */
      readonly kind: 'whole' | 'partial';
      readonly dataId: string;
    }
  | { readonly kind: 'foreign' }
);

/** The files of a store, for whoever copies them past it. */
export interface StoredFiles {
  /** Absolute path. */
  readonly directory: string;
  /** Path of the file of some data, be it there or not. TypeError when the id is not a UUID. */
  pathOf(dataId: string): string;
  /** Asks every process to remove no data that a record has named. @throws StoreError `Unavailable`. */
  hold(): Promise<Hold>;
  /** Whether somebody does, and data may not be removed now. @throws StoreError `Unavailable`. */
  isHeld(): Promise<boolean>;
  /** When what `list` has named was last changed; undefined when it is not there. @throws StoreError `Unavailable`. */
  changedAt(name: string): Promise<Date | undefined>;
  /** Removes what `list` has named, and nothing else. @throws StoreError `Unavailable`. */
  remove(name: string): Promise<void>;
  /** Moves what `list` has named to where nobody looks for data; returns its path there. @throws StoreError `Unavailable`. */
  setAside(name: string): Promise<string>;
}

export interface GrowOptions {
  /** How much is there and stays, bytes; what lies behind it is dropped. */
  readonly size: number;
  /** How much there may be in the end, bytes. */
  readonly maxSize: number;
  /** Looks at the data on its way in, where it is seen from its first byte. */
  readonly check: DataCheck;
}

/** What came in, and why no more did. */
export interface Appended {
  /** Of all the data, on stable storage; bytes. */
  readonly size: number;
  /** Undefined when all of the source has come. */
  readonly cause: unknown;
}

/**
 * Data that comes in pieces and lies under an id of its own, where `open` and `discard` find it. One process at a time
 * has it grow, by one call at a time.
 */
export interface Growth extends Disposable {
  /** On stable storage, bytes. */
  readonly size: number;
  /** Whether all of it has been seen, so that its hashes are at hand. */
  readonly isSeen: boolean;
  /**
   * Adds `data` until it ends or fails; what came of it stays. Memory does not grow with it.
   *
   * @throws StoreError `Full` `Unavailable` `NotFound`; what a check throws. The data is then to be gone on with anew, from
   *   what was last kept.
   */
  append(data: Readable, options: AppendOptions): Promise<Appended>;
  /**
   * Makes the data that of an image: it then lies under both ids. What has not been seen is read once more.
   *
   * @param check looks at all of it, which is then read once more; without it, the one that has seen it ends
   * @throws StoreError `Exists` `Unavailable`; what the check throws
   */
  adopt(imageId: string, options: AdoptOptions): Promise<StoredData>;
}

export interface AppendOptions {
  /** Looks at these bytes, by themselves; what it throws at their end leaves nothing of them. */
  readonly check?: DataCheck | undefined;
  /** Told from time to time how much is on stable storage, bytes in all. */
  readonly onKept: (size: number) => Promise<void>;
  readonly signal: AbortSignal;
}

export interface AdoptOptions {
  readonly check?: DataCheck | undefined;
  readonly signal: AbortSignal;
}

/** Open data of one image; close it when done. */
export interface StoredReader extends AsyncDisposable {
  /** Bytes. */
  readonly size: number;
  /** The open file whose bytes these are, from its beginning to its end, where there is one: valid until it is closed. */
  readonly descriptor?: number | undefined;
  /** That file's path in the store's folder, where others may read it. */
  readonly file?: string | undefined;
  /** The same for all readers of the same bytes, and another for bytes that came in their place; absent where nothing tells. */
  readonly version?: string | undefined;
  /** Fills `buffer` from `position`; returns the bytes read, less than asked only at the end of the data. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /**
   * To be waited for before the last bytes that were read are passed on, where what is read is verified.
   *
   * @throws StoreError `Damaged`, as `read` does then
   */
  verify?(): Promise<void>;
  /**
   * Where what is read is verified: looks at what lies at `position`, and resolves to the end of what may be taken from the
   * descriptor, exclusive.
   *
   * @throws StoreError `Damaged`
   */
  vouchFor?(position: number): Promise<number>;
}

export type StoreErrorCode =
  | 'Damaged'
  | 'Exists'
  | 'Full'
  | 'NotFound'
  | 'ReadOnly'
  | 'TooLarge'
  | 'Unavailable';

/** Why a store could not do its work; services turn it into a `DomainError` with this as its cause. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}

/** Whether `at` takes a location for one of its store. */
export function isGiven(at: (location: Location) => unknown, location: Location): boolean {
  try {
    at(location);
    return true;
  } catch (cause) {
    if (cause instanceof StoreError && cause.code === 'NotFound') return false;
    throw cause;
  }
}
