import { randomUUID } from 'node:crypto';
import { insertImageImport } from '../database/image-imports.ts';
import { setStagedSize, startStaging } from '../database/image-uploads.ts';
import { findImage, insertUnwantedData } from '../database/images.ts';
import { findReservation } from '../database/upload-reservations.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import { formatKey, type StagedData } from '../domain/location.ts';
import type { StoredData } from '../store/store.ts';
import { abandon } from './cut-uploads.ts';
import {
  type Accepted,
  type ImageDataOptions,
  receive,
  sizingCheck,
  tooLarge,
  toRefusal,
  type Upload,
} from './image-data.ts';
import { staysPacked } from './import-unpacking.ts';
import { getSeenImage } from './seen-image.ts';
import { unlessPacked } from './unpacking/packed-look.ts';
import type { UnpackingLimits } from './unpacking/unpack.ts';

/** Data that waits to be imported. @see Images API v2, "Stage binary image data" */
export interface Staging {
  /**
   * Takes data, which is nobody's to read until it is imported; the image is uploading from then on. On any
   * failure it is queued again, without data.
   */
  stage(caller: Caller, imageId: string, upload: Upload): Promise<void>;
}

export interface StagingOptions extends ImageDataOptions {
  /** Undefined where imports keep packed data as it comes. */
  readonly unpacking: UnpackingLimits | undefined;
}

/**
 * Staged data lies in the default store, under an id of its own: every process can import it, and into that store
 * without moving a byte.
 */
export function stagingService(options: StagingOptions): Staging {
  return {
    async stage(caller, imageId, upload) {
      const { stores } = options;
      const target = stores.default;
      const place = { imageId, store: stores.idOf(target), dataId: randomUUID() };
      const { image, ...accepted } = await begin(options, caller, { ...place, upload });
      using _turn = options.room.turnOf(imageId);
      const check = checkOf(options, image);
      let stored: StoredData;
      try {
        stored = await receive(target.store, place.dataId, { ...upload, ...accepted, check });
      } catch (cause) {
        const refusal = toRefusal(cause, imageId);
        await abandon(options, place, refusal);
        throw refusal;
      }
      const staged = {
        ...{ store: place.store, url: stored.location, ...stored },
        checkedAs: check.isPacked ? null : formatKey(image),
        virtualSize: check.virtualSize,
      };
      await finish(options, imageId, staged).catch(async (cause: unknown) => {
        await abandon(options, place, cause);
        throw cause;
      });
    },
  };
}

/** Looks at the data, unless it will be something else once it is imported. */
function checkOf({ formats, unpacking }: StagingOptions, image: Image) {
  const check = sizingCheck(image, formats);
  return staysPacked(image, unpacking)
    ? Object.assign(check, { isPacked: false })
    : unlessPacked(check);
}

interface Place {
  readonly imageId: string;
  readonly store: string | null;
  readonly dataId: string;
}

/** Reserves the image and room for its data: of several uploads, one gets past here. */
async function begin(
  { database, quotas, room, policy, clock }: ImageDataOptions,
  caller: Caller,
  { upload: { expectedSize }, ...place }: Place & { readonly upload: Upload },
): Promise<Accepted> {
  return await database.transaction(async (db) => {
    const { image, membership } = await getSeenImage(db, caller, place.imageId, policy);
    if (!policy.allows('upload_image', caller, { ...image, membership })) {
      throw new DomainError('NotPermitted', `You may not stage data for image ${image.id}.`);
    }
    const limits = await quotas.limitsOf(db, image.owner);
    const cap = limits.imageSize < 0 ? Number.MAX_SAFE_INTEGER : limits.imageSize;
    if (expectedSize !== undefined && expectedSize > cap) throw tooLarge(cap);
    if (!(await startStaging(db, image.id, clock()))) throw notQueued(image);
    const admit = await room.open(db, {
      ...place,
      image,
      limits,
      expectedSize,
      kind: 'stagedBytes',
    });
    return { image, maxSize: Math.min(cap, expectedSize ?? cap), admit };
  });
}

function notQueued(image: Image): DomainError {
  return new DomainError(
    'InvalidStatusChange',
    `Image ${image.id} is ${image.status}; data is staged only while it is queued.`,
  );
}

async function finish(
  { database, room, clock, unwantedData }: ImageDataOptions,
  imageId: string,
  staged: StagedData,
): Promise<void> {
  const { size } = staged;
  const isStaged = await database.transaction(async (db) => {
    const seen = await findImage(db, imageId, null);
    const reservation = await findReservation(db, imageId);
    const isOurs = reservation?.processId === database.processes.id;
    if (seen && !isOurs) throw givenUp(imageId);
    if (seen) {
      const projectId = seen.image.owner;
      await insertImageImport(db, { imageId, projectId, bytes: 0, stagedBytes: size, staged });
      await setStagedSize(db, imageId, { size, at: clock() });
    } else {
      await insertUnwantedData(db, staged);
    }
    await room.settle(db, imageId, { size: seen ? size : 0, kind: 'stagedBytes' });
    return seen !== undefined;
  });
  if (isStaged) return;
  unwantedData.remove(staged);
  throw new DomainError('ImageDataGone', `Image ${imageId} was deleted during the upload.`);
}

/** Out of touch for long, this process was taken for gone. */
function givenUp(imageId: string): DomainError {
  return new DomainError('ImageDataGone', `The upload to image ${imageId} was given up.`);
}
