import { abandonUpload, finishSaving } from '../database/image-uploads.ts';
import { findImage, insertUnwantedData } from '../database/images.ts';
import { listForgottenSegments, listSegments } from '../database/upload-segments.ts';
import { deleteUpload, findUpload, finishUpload, listOpen } from '../database/uploads.ts';
import { DomainError } from '../domain/errors.ts';
import { failedUploadEvent, imageEvent, uploadEvent } from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import { formatKey } from '../domain/location.ts';
import type { Upload, UploadSegment } from '../domain/upload.ts';
import { type DataCheck, type Store, type StoredData, StoreError } from '../store/store.ts';
import {
  bothChecks,
  type ImageDataOptions,
  receive,
  sizingCheck,
  toRefusal,
} from './image-data.ts';
import { signatureCheck } from './signature-check.ts';
import { uploadBusy } from './upload-holds.ts';
import {
  type Growing,
  growingSegment,
  growSegment,
  removeSegment,
  segmentsData,
} from './upload-segments.ts';

export type CompletionOptions = Pick<
  ImageDataOptions,
  'database' | 'stores' | 'unwantedData' | 'formats' | 'certificates' | 'events' | 'clock'
>;

/** What looks at the data of an image, and what the image called it then. */
export interface UploadLook {
  readonly key: string;
  readonly check: DataCheck;
  /** Bytes of the disk inside; known once the data has ended. */
  readonly virtualSize: () => number | null;
}

/** A look at data of `image`, as a plain upload has it. @throws DomainError `InvalidRequest` */
export async function lookAt(
  { formats, certificates }: CompletionOptions,
  image: Image,
): Promise<UploadLook> {
  const check = sizingCheck(image, formats);
  const signature = await signatureCheck(image, certificates).catch(refuse);
  const whole = signature ? bothChecks(check, signature) : check;
  return {
    key: lookKey(image),
    check: {
      read: (bytes) => refusing(() => whole.read(bytes)),
      end: (size) => refusing(() => whole.end(size)),
    },
    virtualSize: () => check.virtualSize,
  };
}

/** What was said of data by a look at it: the same data would be refused again. */
const refusals = new WeakSet<DomainError>();

function refuse(error: unknown): never {
  if (error instanceof DomainError) refusals.add(error);
  throw error;
}

function refusing(look: () => void): void {
  try {
    look();
  } catch (error) {
    refuse(error);
  }
}

/** Whether the same data would be refused again, so that the upload is over. */
export function isFinal(error: unknown): error is DomainError {
  return error instanceof DomainError && refusals.has(error);
}

/** What a look depends on. */
function lookKey(image: Image): string {
  const signature = [...image.properties].filter(([name]) => name.startsWith('img_signature'));
  return JSON.stringify([formatKey(image), signature]);
}

/** What has seen the data come, where somebody has. */
export interface Seen {
  readonly growing: Growing;
  readonly look: UploadLook;
}

const never = new AbortController().signal;

/**
 * Gives the image all that has come, as a plain upload ends. This process must be at the upload. What cannot be done now
 * is tried again; an upload whose data is refused is over, and its image queued again.
 *
 * @throws DomainError
 */
export async function complete(
  options: CompletionOptions,
  { id }: Upload,
  seen: Seen | undefined,
): Promise<void> {
  const { database } = options;
  const upload = await findUpload(database.read, id);
  if (!upload || upload.isDone) return;
  try {
    const found = await findImage(database.read, upload.imageId, null);
    if (!found) refuse(gone(upload));
    const { stored, virtualSize } = await store(options, { upload, image: found.image, seen });
    await commit(options, upload, { stored, virtualSize });
  } catch (cause) {
    const refusal = toRefusal(cause, upload.imageId);
    if (isFinal(refusal)) await giveUp(options, upload, refusal.message);
    throw refusal;
  }
  await removeForgotten(options).catch(() => undefined);
}

function gone({ imageId }: Upload): DomainError {
  return new DomainError('ImageDataGone', `Image ${imageId} was deleted during the upload.`);
}

interface Storing {
  readonly upload: Upload;
  readonly image: Image;
  readonly seen: Seen | undefined;
}

interface Stored {
  readonly stored: StoredData;
  readonly virtualSize: number | null;
}

/** Puts what has come in the image's place: where it lies, if it is one piece that may be had there. */
async function store(
  options: CompletionOptions,
  { upload, image, seen }: Storing,
): Promise<Stored> {
  const { database, stores } = options;
  const { imageId, size } = upload;
  const { store: target } = stores.named(upload.store);
  // A piece that failed may still be there to be removed.
  const segments = (await listSegments(database.read, upload.id)).filter((one) => one.size > 0);
  // Whatever lies there is what an earlier try has left.
  await target.discard(imageId);
  const fresh = await lookAt(options, image);
  const segment = segments.length === 1 ? growingSegment(options, segments) : undefined;
  if (target.grow && segment) {
    return await adopt({ upload, segment, seen, fresh, grow: target.grow });
  }
  const data = segmentsData(stores, segments);
  try {
    const stored = await receive(target, imageId, {
      data,
      expectedSize: size,
      maxSize: size,
      admit: undefined,
      check: fresh.check,
      signal: never,
    });
    return { stored, virtualSize: fresh.virtualSize() };
  } finally {
    data.destroy();
  }
}

interface Adopting extends Pick<Storing, 'upload' | 'seen'> {
  readonly segment: UploadSegment;
  readonly fresh: UploadLook;
  readonly grow: NonNullable<Store['grow']>;
}

/** Makes the one piece the image's where it lies; what nobody has seen come is read once more. */
async function adopt({ upload, segment, seen, fresh, grow }: Adopting): Promise<Stored> {
  const { imageId } = upload;
  const isSeen = seen?.growing.segment.dataId === segment.dataId && seen.growing.growth.isSeen;
  if (isSeen && seen.look.key === fresh.key) {
    const stored = await seen.growing.growth.adopt(imageId, { signal: never });
    return { stored, virtualSize: seen.look.virtualSize() };
  }
  const { growth } = growSegment(upload, segment, { grow, look: fresh.check });
  using _growth = growth;
  const stored = await growth.adopt(imageId, { check: fresh.check, signal: never });
  return { stored, virtualSize: fresh.virtualSize() };
}

/** The one transaction by which the image is active. What comes of it is known from the upload's record. */
async function commit(
  { database, events, clock, unwantedData }: CompletionOptions,
  upload: Upload,
  { stored, virtualSize }: Stored,
): Promise<void> {
  const { id, imageId, store } = upload;
  const location = { store, url: stored.location };
  const isSaved = await database.transaction(async (db) => {
    await findImage(db, imageId, null);
    const data = { ...stored, virtualSize, location, osHashAlgo: 'sha512', at: clock() };
    const isOurs = await finishUpload(db, id, database.processes.id);
    if (!isOurs && (await findUpload(db, id))) throw uploadBusy();
    const image =
      isOurs && (await finishSaving(db, imageId, { ...data, osHashValue: stored.sha512 }));
    if (image) {
      await events.record(db, uploadEvent(image), imageEvent('image.activate', image));
      return true;
    }
    await deleteUpload(db, id);
    await insertUnwantedData(db, location);
    await events.record(db, failedUploadEvent(imageId, 'it was deleted meanwhile'));
    return false;
  });
  if (isSaved) return;
  unwantedData.remove(location);
  throw gone(upload);
}

/** Ends an upload that is to come to nothing: its image is queued again, and its room free. This process must be at it. */
export async function giveUp(
  options: CompletionOptions,
  { id, imageId, store }: Upload,
  why: string,
): Promise<void> {
  const { database, stores, events } = options;
  const isOpen = (await findUpload(database.read, id))?.isDone === false;
  // While the image is saving, what lies in its place is what a try to end this upload has left.
  if (isOpen) await stores.named(store).store.discard(imageId);
  await database.transaction(async (db) => {
    await findImage(db, imageId, null);
    const upload = await findUpload(db, id);
    if (!upload) return;
    await deleteUpload(db, id);
    if (upload.isDone) return;
    if (await abandonUpload(db, imageId)) {
      await events.record(db, failedUploadEvent(imageId, why));
    }
  });
  await removeForgotten(options).catch(() => undefined);
}

/** Removes pieces that nobody needs any more. */
export async function removeForgotten(
  options: Pick<CompletionOptions, 'database' | 'stores'>,
): Promise<void> {
  const failures: unknown[] = [];
  for (const segment of await listForgottenSegments(options.database.read)) {
    await removeSegment(options, segment).catch((cause: unknown) => failures.push(cause));
  }
  if (failures.length > 0) throw failures[0];
}

/**
 * Gives up what cannot be gone on with: a restored backup has the records of uploads and not their data. To be called at
 * the start of a process that has the records for itself.
 */
export async function giveUpLost(options: CompletionOptions): Promise<void> {
  const { database, stores } = options;
  for (const upload of await listOpen(database.read)) {
    if (!stores.named(upload.store).store.grow || (await isThere(options, upload))) continue;
    await giveUp(options, upload, 'its data was lost');
  }
}

async function isThere(
  { database, stores }: Pick<CompletionOptions, 'database' | 'stores'>,
  { id }: Upload,
): Promise<boolean> {
  for (const { dataId, store, size } of await listSegments(database.read, id)) {
    if (size === 0) continue;
    const { store: holder } = stores.named(store);
    try {
      await using reader = await holder.open(holder.locationOf(dataId));
      if (reader.size < size) return false;
    } catch (cause) {
      if (cause instanceof StoreError && cause.code === 'NotFound') return false;
      throw cause;
    }
  }
  return true;
}
