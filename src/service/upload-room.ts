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
import {
  type BytesKind,
  checkQuotas,
  mib,
  type ProjectLimits,
  roomLeft,
  type Usage,
} from '../domain/quota.ts';
import type { Quotas } from './quotas.ts';
import { roomQueues } from './room-queues.ts';

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
  /** As what its bytes count. */
  readonly kind: BytesKind;
  /** The store that takes the data; null where there is but one. */
  readonly store: string | null;
  /** By which the store knows the data. */
  readonly dataId: string;
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
  settle(
    db: Connection,
    imageId: string,
    data: { readonly size: number; readonly kind: BytesKind },
  ): Promise<void>;
  /** The turn of an upload that runs; disposed of once it has ended, however it did, and given its room back. */
  turnOf(imageId: string): Disposable;
  /** How many uploads of this process wait for others to give room back. */
  waiting(): number;
}

/**
 * What data of unknown size asks for beyond its need, so that it need not ask for every byte: up to this
 * many bytes, and this part of the room, which leaves enough to other uploads.
 */
const largestSlack = 64 * mib;
const partOfRoom = 64;

const nothing: Usage = { images: 0, bytes: 0, stagedBytes: 0, uploads: 0 };

/** How much more than needed is set aside for data of unknown size where there is so much room, bytes. */
export function slackIn(room: number): number {
  return Math.min(largestSlack, Math.floor(room / partOfRoom));
}

export function uploadRoom({ database, quotas }: UploadRoomOptions): UploadRoom {
  const queues = roomQueues();

  /** Makes the reservation cover `size` bytes, and some more where there is room. */
  function extend(imageId: string, kind: BytesKind, size: number): Promise<number> {
    return database.transaction(async (db) => {
      const seen = await findImage(db, imageId, null);
      const reservation = await findReservation(db, imageId);
      if (!seen || !reservation) {
        throw new DomainError('ImageDataGone', `Image ${imageId} was deleted during the upload.`);
      }
      const needed = size - reservation[kind];
      const room = await roomFor(db, reservation.projectId, { [kind]: needed });
      const added = needed + slackIn(room(kind) - needed);
      await extendReservation(db, reservation, { [kind]: added });
      return reservation[kind] + added;
    });
  }

  /** What room there is, once there is enough. */
  async function roomFor(
    db: Connection,
    projectId: string | null,
    added: Partial<Usage>,
  ): Promise<(kind: BytesKind) => number> {
    if (projectId === null) return () => Number.POSITIVE_INFINITY;
    const limits = await quotas.limitsOf(db, projectId);
    const usage = await findUsage(db, projectId);
    checkQuotas(limits, usage, added);
    return (kind) => roomLeft(limits, usage, kind);
  }

  return {
    async open(db, { image, limits, expectedSize, kind, store, dataId }) {
      const { id: imageId, owner: projectId } = image;
      const reserved = { bytes: 0, stagedBytes: 0, [kind]: expectedSize ?? 0 };
      await quotas.check(db, { projectId, limits }, { uploads: 1, ...reserved });
      const processId = database.processes.id;
      await insertReservation(db, { imageId, projectId, ...reserved, processId, store, dataId });
      const isLimited = projectId !== null && Number.isFinite(roomLeft(limits, nothing, kind));
      if (expectedSize !== undefined || !isLimited) return undefined;
      let granted = 0;
      return async (size) => {
        if (size <= granted) return;
        granted = await queues.take({ imageId, projectId }, () => extend(imageId, kind, size));
      };
    },

    async settle(db, imageId, { size, kind }) {
      const reservation = await deleteReservation(db, imageId);
      if (!reservation || size <= reservation[kind] || reservation.projectId === null) return;
      const limits = await quotas.limitsOf(db, reservation.projectId);
      const usage = await findUsage(db, reservation.projectId);
      checkQuotas(limits, { ...usage, [kind]: usage[kind] - size }, { [kind]: size });
    },

    waiting: () => queues.waiting(),
    turnOf: (imageId) => ({ [Symbol.dispose]: () => queues.leave(imageId) }),
  };
}
