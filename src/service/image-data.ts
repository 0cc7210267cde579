import type { Readable } from 'node:stream';
import type { Database } from '../database/database.ts';
import { finishSaving, startSaving } from '../database/image-uploads.ts';
import { findImage, insertUnwantedData } from '../database/images.ts';
import { findReservation } from '../database/upload-reservations.ts';
import { type Caller, isAdmin } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import {
  failedUploadEvent,
  imageEvent,
  prepareEvent,
  sendEvent,
  uploadEvent,
} from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import { type FormatRules, formatCheck } from '../domain/image-format/data-format.ts';
import type { Policy } from '../domain/policy.ts';
import { RetryLaterError } from '../domain/retry-later.ts';
import { mayBecome } from '../domain/status.ts';
import {
  type DataCheck,
  type Store,
  type StoredData,
  type StoredReader,
  StoreError,
} from '../store/store.ts';
import type { ConfiguredStore, Stores } from '../store/stores.ts';
import { abandon, recoverUploads, recoveryJob } from './cut-uploads.ts';
import type { Events } from './events.ts';
import type { Job } from './jobs.ts';
import type { Quotas } from './quotas.ts';
import { runningWork } from './running-work.ts';
import { getSeenImage } from './seen-image.ts';
import type { ShareDownloads } from './share-downloads.ts';
import { signatureCheck } from './signature-check.ts';
import type { Report, UnwantedData } from './unwanted-data.ts';
import type { Admit, UploadRoom } from './upload-room.ts';
import type { Verification } from './verification.ts';

export interface ImageDataOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly unwantedData: UnwantedData;
  readonly quotas: Quotas;
  readonly room: UploadRoom;
  readonly verification: Verification;
  readonly policy: Policy;
  readonly formats: FormatRules;
  /** The folder of the certificates that signatures of images are verified with; empty without one. */
  readonly certificates: string;
  readonly events: Events;
  readonly downloads: Pick<ShareDownloads, 'note'>;
  readonly clock: () => Date;
  readonly report: Report;
}

export interface Upload {
  readonly data: Readable;
  /** The size that the sender announced, bytes; the data must keep to it. */
  readonly expectedSize: number | undefined;
  /** Id of the store that is to have it; undefined for the default one. */
  readonly store?: string | undefined;
  readonly signal: AbortSignal;
}

/** An image whose data may be read; without a reader it has none yet. */
export interface Download {
  readonly image: Image;
  readonly reader: StoredReader | undefined;
}

/** How much of what was asked for is sent, bytes. */
export interface Sent {
  readonly sent: number;
  readonly wanted: number;
}

/** Sends data to whoever asked for it; resolves to undefined when there was none to send. */
export type Send = (download: Download) => Promise<Sent | undefined>;

/** What of the data is wanted; all of it unless said otherwise. */
export interface Wanted {
  /** Whether part of it may be whole enough. */
  readonly isPart?: boolean;
}

/** The data of images. @see Images API v2, "Image data" */
export interface ImageData {
  /** Takes the image from queued to active; on any failure it is queued again, without data. */
  upload(caller: Caller, imageId: string, upload: Upload): Promise<void>;
  /** Gives the data to `send`, which closes its reader, and notes what it sent. */
  download(caller: Caller, imageId: string, send: Send, wanted?: Wanted): Promise<void>;
  /** Puts right what a crash of this process left: called once at start, before the first upload. */
  recover(): Promise<void>;
  /** What is to be done from time to time. */
  readonly jobs: readonly Job[];
  /** Resolves once every upload and download begun is done, and what it leaves is put right or noted. */
  settled(): Promise<void>;
}

export function imageDataService(options: ImageDataOptions): ImageData {
  const { database, stores } = options;
  const running = runningWork();

  return {
    upload: (caller, imageId, upload) => running.run(takeUpload(options, caller, imageId, upload)),
    download: (caller, imageId, send, { isPart = false } = {}) =>
      running.run(giveDownload(options, caller, imageId, { send, isPart })),

    async recover() {
      for (const { store } of stores.all) {
        await store.check();
        // Others may be at their uploads.
        if (!database.processes.isShared) await store.sweep();
      }
      await recoverUploads(options, database.processes.id);
    },

    jobs: [recoveryJob(options)].filter((job) => job !== undefined),

    settled: () => running.settled(),
  };
}

async function takeUpload(
  options: ImageDataOptions,
  caller: Caller,
  imageId: string,
  upload: Upload,
): Promise<void> {
  const target = targetOf(options.stores, upload.store);
  const { image, ...accepted } = await begin(options, caller, { imageId, target, upload });
  using _turn = options.room.turnOf(imageId);
  const place = { imageId, store: options.stores.idOf(target), dataId: imageId };
  const check = sizingCheck(image, options.formats);
  let stored: StoredData;
  try {
    // Only one upload is past `begin`, so whatever lies in its place is the rest of a failure.
    await target.store.discard(imageId);
    const signature = await signatureCheck(image, options.certificates);
    const checks = signature ? bothChecks(check, signature) : check;
    stored = await receive(target.store, imageId, { ...upload, ...accepted, check: checks });
  } catch (cause) {
    const refusal = toRefusal(cause, imageId);
    await abandon(options, place, refusal);
    throw refusal;
  }
  const data = { ...stored, virtualSize: check.virtualSize };
  await finish(options, { imageId, store: place.store, stored: data });
}

/** Two looks at the same data. */
export function bothChecks(one: DataCheck, other: DataCheck): DataCheck {
  return {
    read(bytes) {
      one.read(bytes);
      other.read(bytes);
    },
    end(size) {
      one.end(size);
      other.end(size);
    },
  };
}

/** Checks the format of data, and remembers the size of the disk inside. */
export function sizingCheck(image: Image, rules: FormatRules): SizingCheck {
  const format = formatCheck(image, rules);
  const check = {
    virtualSize: null as number | null,
    read: (bytes: Uint8Array) => format.read(bytes),
    end(size: number) {
      check.virtualSize = format.end(size);
    },
  };
  return check;
}

export interface SizingCheck extends DataCheck {
  /** Bytes; known once the data has ended. */
  readonly virtualSize: number | null;
}

/** The store that a caller names. @throws DomainError `InvalidRequest` `ImageDataGone` */
export function targetOf(stores: Stores, id: string | undefined): ConfiguredStore {
  // A service with one store does not know of stores.
  const target = id === undefined || !stores.isSeveral ? stores.default : stores.find(id);
  if (!target) {
    throw new DomainError('InvalidRequest', `x-image-meta-store: no store ${id?.slice(0, 80)}.`);
  }
  if (target.type !== 'http') return target;
  throw new DomainError('ImageDataGone', `x-image-meta-store: store ${id} is for reading alone.`);
}

/** What an upload may bring. */
export interface Accepted {
  readonly image: Image;
  /** Bytes. */
  readonly maxSize: number;
  readonly admit: Admit | undefined;
}

/** Reserves the image and room for its data: of several uploads, one gets past here. */
async function begin(
  options: ImageDataOptions,
  caller: Caller,
  {
    imageId,
    target: { store },
    upload: { expectedSize },
  }: { readonly imageId: string; readonly target: ConfiguredStore; readonly upload: Upload },
): Promise<Accepted> {
  const { database, stores, quotas, room, policy, events, clock } = options;
  return await database.transaction(async (db) => {
    const { image, membership } = await getSeenImage(db, caller, imageId, policy);
    checkUpload(image, policy.allows('upload_image', caller, { ...image, membership }));
    const limits = await quotas.limitsOf(db, image.owner);
    const cap = limits.imageSize < 0 ? Number.MAX_SAFE_INTEGER : limits.imageSize;
    if (expectedSize !== undefined && expectedSize > cap) throw tooLarge(cap);
    const updatedAt = clock();
    if (!(await startSaving(db, imageId, updatedAt))) throw notQueued(image);
    await events.record(db, prepareEvent({ ...image, status: 'saving', updatedAt }, store.id));
    const place = { store: stores.isSeveral ? store.id : null, dataId: imageId };
    const admit = await room.open(db, { image, limits, expectedSize, kind: 'bytes', ...place });
    return { image, maxSize: Math.min(cap, expectedSize ?? cap), admit };
  });
}

/** @throws DomainError `NotPermitted` `InvalidStatusChange` `InvalidRequest` */
export function checkUpload(image: Image, permitted: boolean): void {
  if (!permitted) {
    throw new DomainError('NotPermitted', `You may not upload data to image ${image.id}.`);
  }
  if (!mayBecome(image.status, 'saving')) throw notQueued(image);
  const unset = image.diskFormat === null ? 'disk_format' : 'container_format';
  if (image.diskFormat === null || image.containerFormat === null) {
    throw new DomainError('InvalidRequest', `${unset}: must be set before data is uploaded.`);
  }
}

/** The refusal of data for an image that does not wait for it. */
export function notQueued(image: Image): DomainError {
  return new DomainError(
    'InvalidStatusChange',
    `Image ${image.id} is ${image.status}; data is taken only while it is queued.`,
  );
}

/** An upload that is let in. */
export interface LetIn extends Upload, Omit<Accepted, 'image'> {
  readonly check: DataCheck;
}

/** Puts the data of an upload into a store. @throws DomainError when it is not what was announced */
export async function receive(
  store: Store,
  dataId: string,
  { data, expectedSize, signal, maxSize, admit, check }: LetIn,
): Promise<StoredData> {
  const size = expectedSize !== undefined && { expectedSize };
  const stored = await store
    .put(dataId, data, { maxSize, ...size, admit, check, signal })
    .catch((cause: unknown) => {
      const isMore = cause instanceof StoreError && cause.code === 'TooLarge';
      throw isMore && expectedSize !== undefined ? notAsAnnounced('more', expectedSize) : cause;
    });
  if (expectedSize !== undefined && stored.size !== expectedSize) {
    await store.delete(stored.location);
    throw notAsAnnounced(String(stored.size), expectedSize);
  }
  return stored;
}

function notAsAnnounced(size: string, expectedSize: number): DomainError {
  const message = `The data has ${size} bytes, but ${expectedSize} were announced.`;
  return new DomainError('InvalidRequest', message);
}

async function finish(
  options: ImageDataOptions,
  {
    imageId,
    store,
    stored,
  }: {
    readonly imageId: string;
    readonly store: string | null;
    readonly stored: StoredData & Pick<SizingCheck, 'virtualSize'>;
  },
): Promise<void> {
  const location = { store, url: stored.location };
  const { database, room, events, clock, unwantedData } = options;
  const outcome = await database
    .transaction(async (db): Promise<'saved' | 'deleted' | 'taken over'> => {
      const seen = await findImage(db, imageId, null);
      const reservation = await findReservation(db, imageId);
      // Out of touch for long, this process was taken for gone, and what lies there is whoever's came next.
      if (seen && reservation?.processId !== database.processes.id) return 'taken over';
      const image = await finishSaving(db, imageId, {
        ...stored,
        location,
        osHashAlgo: 'sha512',
        osHashValue: stored.sha512,
        at: clock(),
      });
      await room.settle(db, imageId, { size: image ? stored.size : 0, kind: 'bytes' });
      if (image) {
        await events.record(db, uploadEvent(image), imageEvent('image.activate', image));
      } else {
        await insertUnwantedData(db, location);
        await events.record(db, failedUploadEvent(imageId, 'it was deleted meanwhile'));
      }
      return image ? 'saved' : 'deleted';
    })
    // Whether the commit reached the disk is not known: the data may go only once the record says so.
    .catch(async (cause: unknown) => {
      await abandon(options, { imageId, store, dataId: imageId }, cause);
      throw cause;
    });
  if (outcome === 'saved') return;
  if (outcome === 'taken over') {
    throw new DomainError('ImageDataGone', `The upload to image ${imageId} was given up.`);
  }
  unwantedData.remove(location);
  throw new DomainError('ImageDataGone', `Image ${imageId} was deleted during the upload.`);
}

async function giveDownload(
  options: ImageDataOptions,
  caller: Caller,
  imageId: string,
  { send, isPart }: { readonly send: Send; readonly isPart: boolean },
): Promise<void> {
  const download = await openDownload(options, caller, imageId, isPart);
  const bytes = await send(download);
  if (!bytes) return;
  options.events.recordLater(sendEvent(download.image, caller, bytes));
  options.downloads.note(download.image, caller, bytes.sent);
}

async function openDownload(
  options: ImageDataOptions,
  caller: Caller,
  imageId: string,
  isPart: boolean,
): Promise<Download> {
  const { database, policy } = options;
  const { image, membership } = await getSeenImage(database.read, caller, imageId, policy);
  const target = { ...image, membership };
  checkDownload(image, caller, policy.allows('download_image', caller, target));
  // While it is imported, data may yet be taken back.
  if (image.locations.length === 0 || image.status === 'importing') {
    return { image, reader: undefined };
  }
  try {
    return { image, reader: await options.verification.open(image, isPart) };
  } catch (cause) {
    // The image may have been deleted since it was looked up, and its data with it.
    await getSeenImage(database.read, caller, imageId, policy);
    throw toRefusal(cause, imageId);
  }
}

function checkDownload(image: Image, caller: Caller, permitted: boolean): void {
  if (!permitted) {
    throw new DomainError('NotPermitted', `You may not download image ${image.id}.`);
  }
  if (image.status === 'deactivated' && !isAdmin(caller)) {
    throw new DomainError('NotPermitted', `Image ${image.id} is deactivated; ask an admin.`);
  }
}

/** @param maxSize bytes */
export function tooLarge(maxSize: number, cause?: unknown): DomainError {
  const message = `The data is larger than the ${maxSize} bytes that one image may have.`;
  return new DomainError('QuotaExceeded', message, { cause });
}

/** Said before any of the data is sent; what is found on its way cuts it off. */
const damagedText =
  'The data of this image is damaged: it is not what was uploaded. Its owner has to upload it again.';

const unavailableText = 'The image store is not available now.';

/** Seconds after which it is worth another try. */
const unavailableTime = 10;

/** A store's failure in the words of the API. */
export function toRefusal(cause: unknown, imageId: string): unknown {
  if (!(cause instanceof StoreError)) return cause;
  switch (cause.code) {
    case 'TooLarge':
      return new DomainError('QuotaExceeded', cause.message, { cause });
    case 'Full':
      return new DomainError('QuotaExceeded', 'The store has no room for this image.', { cause });
    case 'Exists':
      return new DomainError('InvalidStatusChange', `Image ${imageId} already has data.`, {
        cause,
      });
    case 'ReadOnly':
      return new DomainError('ImageDataGone', cause.message, { cause });
    case 'Damaged':
      return new DomainError('StoreUnavailable', damagedText, { cause });
    case 'NotFound':
      return new DomainError('StoreUnavailable', unavailableText, { cause });
    case 'Unavailable':
      return new RetryLaterError('StoreUnavailable', unavailableText, unavailableTime, { cause });
  }
}
