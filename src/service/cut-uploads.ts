import type { Connection, Database } from '../database/database.ts';
import { findImageImport } from '../database/image-imports.ts';
import { abandonUpload } from '../database/image-uploads.ts';
import { findImage } from '../database/images.ts';
import { lockImage } from '../database/locks.ts';
import { findPendingDelete } from '../database/pending-deletes.ts';
import {
  deleteReservation,
  findReservation,
  listReservations,
  passReservation,
  type Reservation,
} from '../database/upload-reservations.ts';
import { DomainError } from '../domain/errors.ts';
import { failedUploadEvent } from '../domain/event.ts';
import { StoreError } from '../store/store.ts';
import type { Stores } from '../store/stores.ts';
import type { Events } from './events.ts';
import type { Job } from './jobs.ts';
import type { Report } from './unwanted-data.ts';

export interface CutUploadsOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly events: Events;
  readonly report: Report;
}

/** Makes the image queued again, unless it was deleted meanwhile, and its room free. */
export async function putBack(
  { database, events }: Pick<CutUploadsOptions, 'database' | 'events'>,
  imageId: string,
  why: string,
): Promise<boolean> {
  return await database.transaction(async (db) => {
    await lockImage(db, imageId);
    const reservation = await findReservation(db, imageId);
    // Somebody else has put it back already, and may be at the next upload.
    if (reservation?.processId !== database.processes.id) return false;
    await deleteReservation(db, imageId);
    await events.record(db, failedUploadEvent(imageId, why));
    return abandonUpload(db, imageId);
  });
}

/** Removes whatever an upload has left in its store. */
export async function discard(
  stores: Stores,
  { store, dataId }: Pick<Reservation, 'store' | 'dataId'>,
): Promise<void> {
  await stores.named(store).store.discard(dataId);
}

/** Between two tries to end an upload, ms, and how many there are until that is left to the next start. */
const retryTime = 5000;
const maxTries = 720;

/** Ends an upload that failed. What fails here is tried again, and done by the next start after a crash. */
export async function abandon(
  options: CutUploadsOptions,
  upload: Pick<Reservation, 'imageId' | 'store' | 'dataId'>,
  cause: unknown,
  tries = 1,
): Promise<void> {
  try {
    await end(options, upload, reasonOf(cause));
  } catch (failure) {
    if (isAway(failure) && (await queuedAtOnce(options, upload, cause))) {
      const text = `The store was away as the upload of image ${upload.imageId} failed.`;
      options.report(`${text} What is left of it goes with the next upload, or start.`, failure);
      return;
    }
    const isLast = tries === maxTries;
    const how = isLast ? 'ended by the next start' : 'still to be ended, which is tried again';
    options.report(`The upload of image ${upload.imageId} is ${how}.`, failure);
    if (isLast) return;
    setTimeout(() => void abandon(options, upload, cause, tries + 1), retryTime).unref();
  }
}

function isAway(failure: unknown): boolean {
  return failure instanceof StoreError && failure.code === 'Unavailable';
}

/** Lets the sender come again: an upload begins by removing what the one before it has left in the same place. */
async function queuedAtOnce(
  options: CutUploadsOptions,
  { imageId, dataId }: Pick<Reservation, 'imageId' | 'dataId'>,
  cause: unknown,
): Promise<boolean> {
  if (dataId !== imageId) return false;
  try {
    return await putBack(options, imageId, reasonOf(cause));
  } catch {
    return false;
  }
}

/** What else went wrong is for the operator's log alone. */
function reasonOf(cause: unknown): string {
  return cause instanceof DomainError ? cause.message : 'it was cut off';
}

/**
 * While the upload is reserved no other begins, so what lies in its place is its own, and no record names it: of a
 * commit whose answer was lost, this says whether it took effect. The image is queued last, since nobody would
 * look for data of a queued image.
 */
async function end(
  options: CutUploadsOptions,
  upload: Pick<Reservation, 'imageId' | 'store' | 'dataId'>,
  why: string,
): Promise<void> {
  const { database, stores } = options;
  const { imageId } = upload;
  const { isReserved, isKept } = await database.transaction(async (db) => {
    await lockImage(db, imageId);
    const reservation = await findReservation(db, imageId);
    return {
      isReserved: reservation?.processId === database.processes.id,
      isKept: await isRecorded(options, db, upload),
    };
  });
  // Data with an id of its own is nobody else's, unless the commit took effect whose answer was lost.
  if (isReserved || (upload.dataId !== imageId && !isKept)) await discard(stores, upload);
  if (isReserved) await putBack(options, imageId, why);
}

/** Whether a record names the data of an upload: it waits to be imported, or has become the image's since, be that deleted or not. */
async function isRecorded(
  { stores }: CutUploadsOptions,
  db: Connection,
  { imageId, store, dataId }: Pick<Reservation, 'imageId' | 'store' | 'dataId'>,
): Promise<boolean> {
  const url = stores.named(store).store.locationOf(dataId);
  const staged = (await findImageImport(db, imageId))?.staged;
  const image =
    (await findImage(db, imageId, null))?.image ?? (await findPendingDelete(db, imageId));
  const places = [...(image?.locations ?? []), ...(staged ? [staged] : [])];
  return places.some((place) => place.url === url);
}

/** Puts right what uploads left that a process did not end. It must be gone. */
export async function recoverUploads(options: CutUploadsOptions, processId: string): Promise<void> {
  const { database, stores } = options;
  for (const imageId of await listReservations(database.read, processId)) {
    if (!(await takeOver(database, imageId, processId))) continue;
    const reservation = await findReservation(database.read, imageId);
    if (reservation) await discard(stores, reservation);
    await putBack(options, imageId, 'the service ended during it');
  }
}

/**
 * Makes the upload this process's, so that nobody ends it while its data is removed: a process that is not
 * heard of may yet be at it. False when it has just been ended.
 */
async function takeOver(database: Database, imageId: string, from: string): Promise<boolean> {
  const to = database.processes.id;
  if (from === to) return true;
  return await database.transaction(async (db) => {
    await lockImage(db, imageId);
    return passReservation(db, imageId, { from, to });
  });
}

/** Puts right what processes left that are gone; undefined where there are no others. */
export function recoveryJob(options: CutUploadsOptions): Job | undefined {
  const { processes } = options.database;
  if (!processes.isShared) return undefined;
  return {
    name: 'recovery of uploads',
    interval: 30_000,
    failure: 'Uploads of processes that are gone could not be put right; it is tried again.',
    async run(signal) {
      for (const gone of await processes.listGone()) {
        signal.throwIfAborted();
        await recoverUploads(options, gone);
      }
    },
  };
}
