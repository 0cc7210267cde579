import type { Connection, Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import {
  deleteReservation,
  extendReservation,
  findReservation,
  insertReservation,
} from '../database/upload-reservations.ts';
import { findUsage } from '../database/usage.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import { checkQuotas, mib, type ProjectLimits, roomLeft } from '../domain/quota.ts';
import type { Quotas } from './quotas.ts';

export interface UploadRoomOptions {
  readonly database: Database;
  readonly quotas: Quotas;
}

/** An upload that begins. */
export interface BeginningUpload {
  readonly image: Image;
  readonly limits: ProjectLimits;
  /** Bytes; undefined when the sender did not say. */
  readonly expectedSize: number | undefined;
}

/** Asked for more room as the data comes in; bytes in all. @throws DomainError `QuotaExceeded` `ImageDataGone` */
export type Admit = (size: number) => Promise<void>;

/**
 * Room for the data of uploads: set aside before the bytes are kept, so that parallel uploads
 * together never exceed a quota, and given back when the upload ends, however it ends.
 */
export interface UploadRoom {
  /**
   * Sets room aside in the transaction that begins an upload; data of unknown size asks for more on its way.
   *
   * @throws DomainError `QuotaExceeded`
   */
  open(db: Connection, upload: BeginningUpload): Promise<Admit | undefined>;
  /**
   * Ends an upload, once its `size` bytes are counted as the image's in the same transaction.
   *
   * @throws DomainError `QuotaExceeded` when a limit has come since, and the size was never announced.
   */
  settle(db: Connection, imageId: string, size: number): Promise<void>;
}

/**
 * What data of unknown size asks for beyond its need, so that it need not ask for every byte: up to this
 * many bytes, and this part of the room, which leaves enough to other uploads.
 */
const largestSlack = 64 * mib;
const partOfRoom = 64;

export function uploadRoom({ database, quotas }: UploadRoomOptions): UploadRoom {
  /** Makes the reservation cover `size` bytes, and some more where there is room. */
  function extend(imageId: string, size: number): Promise<number> {
    return database.transaction(async (db) => {
      const seen = await findImage(db, imageId, null);
      const reservation = await findReservation(db, imageId);
      if (seen?.image.status !== 'saving' || !reservation) {
        throw new DomainError('ImageDataGone', `Image ${imageId} was deleted during the upload.`);
      }
      const { projectId, bytes } = reservation;
      const needed = size - bytes;
      const room = (await roomFor(db, projectId, needed)) - needed;
      const added = needed + Math.min(largestSlack, Math.floor(room / partOfRoom));
      await extendReservation(db, reservation, added);
      return bytes + added;
    });
  }

  async function roomFor(db: Connection, projectId: string | null, bytes: number): Promise<number> {
    if (projectId === null) return Number.POSITIVE_INFINITY;
    const limits = await quotas.limitsOf(db, projectId);
    const usage = await findUsage(db, projectId);
    checkQuotas(limits, usage, { bytes });
    return roomLeft(limits, usage);
  }

  return {
    async open(db, { image, limits, expectedSize }) {
      const { id: imageId, owner: projectId } = image;
      const bytes = expectedSize ?? 0;
      await quotas.check(db, { projectId, limits }, { uploads: 1, bytes });
      const processId = database.processes.id;
      await insertReservation(db, { imageId, projectId, bytes, processId });
      if (expectedSize !== undefined || projectId === null || limits.storage < 0) return undefined;
      let granted = 0;
      return async (size) => {
        if (size > granted) granted = await extend(imageId, size);
      };
    },

    async settle(db, imageId, size) {
      const reservation = await deleteReservation(db, imageId);
      if (!reservation || size <= reservation.bytes || reservation.projectId === null) return;
      const limits = await quotas.limitsOf(db, reservation.projectId);
      const usage = await findUsage(db, reservation.projectId);
      checkQuotas(limits, { ...usage, bytes: usage.bytes - size }, { bytes: size });
    },
  };
}
