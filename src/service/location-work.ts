import { createHash } from 'node:crypto';
import { markVerified } from '../database/data-checks.ts';
import type { Connection, Database } from '../database/database.ts';
import { saveData } from '../database/image-uploads.ts';
import { findImage } from '../database/images.ts';
import { DomainError } from '../domain/errors.ts';
import { failedUploadEvent, imageEvent } from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import type { FormatRules } from '../domain/image-format/data-format.ts';
import { emptied, importProperties } from '../domain/import.ts';
import type { Validation } from '../domain/location.ts';
import { locationOrder, withTask } from '../domain/location-order.ts';
import { mib } from '../domain/quota.ts';
import type { ChunkSums } from '../store/chunk-sums.ts';
import type { Stores } from '../store/stores.ts';
import { openFirst } from './copies.ts';
import { lookThrough } from './data-look.ts';
import type { Events } from './events.ts';
import { bothChecks, sizingCheck, toRefusal } from './image-data.ts';
import { signatureCheck } from './signature-check.ts';
import { TaskLostError, type TaskRun, type TaskWork } from './task-runner.ts';

export interface LocationWorkOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly events: Events;
  readonly formats: FormatRules;
  /** The folder of the certificates that signatures of images are verified with; empty without one. */
  readonly certificates: string;
  readonly clock: () => Date;
}

interface Going extends LocationWorkOptions {
  readonly run: TaskRun;
  readonly imageId: string;
  readonly validation: Validation | undefined;
}

/**
 * Reads all of the data that an image was given by its location: its hashes are the image's from then on, and what is
 * read later is compared with the checksums of its chunks. Nothing changes before all of it has been read.
 */
export function locationWork(options: LocationWorkOptions): TaskWork {
  return {
    async run(run) {
      const going = goingOf(options, run);
      const image = await imageIn(options.database.read, going);
      let seen: SeenData;
      try {
        seen = await lookAt(going, image);
      } catch (cause) {
        if (!(cause instanceof DomainError) || image.status === 'importing') throw cause;
        await run.transaction((db) => close(going, db, cause.message));
        return;
      }
      await run.transaction((db) => finish(going, db, seen));
    },

    giveUp: (run, message) =>
      run.transaction((db) => giveUp(goingOf(options, run), db, { message })),
  };
}

function goingOf(options: LocationWorkOptions, run: TaskRun): Going {
  const { imageId, input } = run.task;
  if (imageId === null) throw new Error(`Task ${run.task.id} is for no image.`);
  return { ...options, run, imageId, ...locationOrder(input) };
}

/** The image as it is kept now. @throws TaskLostError when it was deleted, or is another task's */
async function imageIn(db: Connection, { imageId, run }: Going): Promise<Image> {
  const seen = await findImage(db, imageId, null);
  if (seen?.image.properties.get(importProperties.task) === run.task.id) return seen.image;
  throw new TaskLostError(run.task.id);
}

interface SeenData {
  /** Bytes. */
  readonly size: number;
  /** MD5, lower-case hex. */
  readonly checksum: string;
  readonly osHashAlgo: string;
  /** Lower-case hex. */
  readonly osHashValue: string;
  readonly virtualSize: number | null;
  readonly sums: ChunkSums;
}

/** @throws DomainError when it is not what it is to be */
async function lookAt(going: Going, image: Image): Promise<SeenData> {
  const { run, stores, formats, certificates, validation } = going;
  const osHashAlgo = validation?.osHashAlgo ?? 'sha512';
  const [checksum, hash] = [createHash('md5'), createHash(osHashAlgo)];
  const sizing = sizingCheck(image, formats);
  const signature = await signatureCheck(image, certificates);
  const check = signature ? bothChecks(sizing, signature) : sizing;
  try {
    await using reader = await openFirst(stores, image.locations, image.size);
    const { size, sums } = await lookThrough(reader, async (bytes, position) => {
      run.signal.throwIfAborted();
      checksum.update(bytes);
      hash.update(bytes);
      check.read(bytes);
      run.tell(`Read ${Math.floor((position + bytes.length) / mib)} MiB`);
    });
    check.end(size);
    const osHashValue = hash.digest('hex');
    checkHash(validation, osHashValue);
    const { virtualSize } = sizing;
    return { size, checksum: checksum.digest('hex'), osHashAlgo, osHashValue, virtualSize, sums };
  } catch (cause) {
    throw run.signal.aborted ? cause : toRefusal(cause, image.id);
  }
}

function checkHash(validation: Validation | undefined, found: string): void {
  if (!validation || validation.osHashValue === found) return;
  const text = `os_hash_value: the data has ${found} instead of ${validation.osHashValue}.`;
  throw new DomainError('InvalidRequest', text);
}

async function finish(going: Going, db: Connection, seen: SeenData): Promise<void> {
  const { run, events, clock, imageId } = going;
  const image = await imageIn(db, going);
  const { sums, ...known } = seen;
  const status = image.status === 'importing' ? 'active' : image.status;
  const saved: Image = { ...withTask(image, undefined), ...known, status, updatedAt: clock() };
  await saveData(db, saved, image);
  await markVerified(db, imageId, { sums, at: clock() });
  await events.record(db, imageEvent('image.update', saved));
  if (status !== image.status) await events.record(db, imageEvent('image.activate', saved));
  await run.succeed(db, { image_id: imageId });
}

/** Nobody but admins reads on what is not what it is said to be, or what nobody could look at: it might be another each time. */
async function close(going: Going, db: Connection, message: string): Promise<void> {
  const image = await imageIn(db, going);
  const status = image.status === 'active' ? 'deactivated' : image.status;
  await giveUp(going, db, { message, status });
}

async function giveUp(
  going: Going,
  db: Connection,
  { message, status }: { readonly message: string; readonly status?: Image['status'] },
): Promise<void> {
  const { run, events, clock, imageId } = going;
  const image = await imageIn(db, going);
  const kept = { ...withTask(image, undefined), updatedAt: clock() };
  const saved =
    image.status === 'importing' ? emptied(kept) : { ...kept, ...(status && { status }) };
  await saveData(db, saved, image);
  await events.record(db, failedUploadEvent(imageId, message));
  await run.fail(db, message);
}
