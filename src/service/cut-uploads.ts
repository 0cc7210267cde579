import type { Database } from '../database/database.ts';
import { abandonUpload } from '../database/image-uploads.ts';
import { lockImage } from '../database/locks.ts';
import {
  deleteReservation,
  findReservation,
  listReservations,
  passReservation,
  type Reservation,
} from '../database/upload-reservations.ts';
import { DomainError } from '../domain/errors.ts';
import { failedUploadEvent } from '../domain/event.ts';
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

/** Ends an upload that failed. What fails here is put right at the next start, like a crash at this point. */
export async function abandon(
  options: CutUploadsOptions,
  upload: Pick<Reservation, 'imageId' | 'store' | 'dataId'>,
  cause: unknown,
): Promise<void> {
  const { imageId } = upload;
  try {
    // What else went wrong is for the operator's log alone.
    const why = cause instanceof DomainError ? cause.message : 'it was cut off';
    const isQueued = await putBack(options, imageId, why);
    // Data with an id of its own is nobody else's.
    if (isQueued || upload.dataId !== imageId) await discard(options.stores, upload);
  } catch (cause) {
    options.report(`The upload of image ${imageId} is ended by the next start.`, cause);
  }
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
