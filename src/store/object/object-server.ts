import type { Readable } from 'node:stream';

/** What is known of an object without reading it. */
export interface ObjectHead {
  /** Bytes. */
  readonly size: number;
  /** As the server writes it; it changes with the data. */
  readonly etag: string | undefined;
  /** The upload that made it; undefined when it is not one of ours. */
  readonly upload: string | undefined;
}

/** Bytes of one object, both ends inclusive. */
export interface ObjectRange {
  readonly first: number;
  readonly last: number;
  /** What the object must still be. */
  readonly etag: string | undefined;
}

/** Bytes to send, and what the server is to find when it has them. */
export interface ObjectBytes {
  readonly bytes: Uint8Array;
  /** Lower-case hex. */
  readonly md5: string;
}

/** Of which object, and by which upload: a UUID that the object keeps, so that its maker knows it again. */
export interface ObjectUpload {
  readonly imageId: string;
  readonly upload: string;
}

/** An object that comes in parts and is visible only when it is complete. */
export interface PartedUpload {
  /** Sends a part, counted from 1; sending it again replaces it. @throws StoreError */
  putPart(number: number, part: ObjectBytes, signal: AbortSignal): Promise<void>;
  /** Makes one object of all parts. @throws StoreError `Exists` where the server can tell. */
  complete(): Promise<void>;
  /** Removes what is of no use once the object is there. What fails here is left to the next sweep. */
  end(): Promise<void>;
  /** Removes the parts. @throws StoreError */
  abort(): Promise<void>;
}

/** An object as a listing names it. */
export interface ListedObject {
  /** Its name, without what all names of the place begin with. */
  readonly imageId: string;
  readonly isWhole: boolean;
  /** Bytes; undefined where a listing does not tell. */
  readonly size: number | undefined;
  readonly changedAt: Date;
}

/**
 * Where objects are kept: one an image. Each call is one attempt; those that may be tried again say so by
 * `ObjectServerFailure.isPassing`.
 */
export interface ObjectServer extends AsyncDisposable {
  /** The largest object, bytes. */
  readonly maxSize: number;
  /** Parts that one object may have. */
  readonly maxParts: number;
  /** Undefined when there is no such object. @throws StoreError */
  head(imageId: string): Promise<ObjectHead | undefined>;
  /** The bytes of `range`, no more and no less unless the stream fails. @throws StoreError */
  read(imageId: string, range: ObjectRange): Promise<Readable>;
  /** Makes an object of bytes that are at hand. @throws StoreError `Exists` where the server can tell. */
  putWhole(object: ObjectUpload, data: ObjectBytes): Promise<void>;
  /** Not to be tried again: an upload that was begun unnoticed stays until it is swept away. @throws StoreError */
  beginParts(object: ObjectUpload, signal: AbortSignal): Promise<PartedUpload>;
  /** Nothing happens when there is no such object. @throws StoreError */
  delete(imageId: string): Promise<void>;
  /** Removes every unfinished upload of one image. @throws StoreError */
  discardParts(imageId: string): Promise<void>;
  /** Makes sure that the place for objects is there and may be used. @throws StoreError */
  check(): Promise<void>;
  /** Removes every unfinished upload. @throws StoreError */
  sweep(): Promise<void>;
  /** Every object in the place, and every unfinished upload. @throws StoreError */
  list(): AsyncIterable<ListedObject>;
}
