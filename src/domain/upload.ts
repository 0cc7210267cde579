/** Data of an image that comes in as many requests as it takes. */
export interface Upload {
  readonly id: string;
  readonly imageId: string;
  /** The project of whoever began it, for which alone it is there. */
  readonly projectId: string;
  /** Who began it; null where an older release noted it. */
  readonly userId: string | null;
  /** The owner of the image, for whom its bytes count; null counts nowhere. */
  readonly imageOwner: string | null;
  /** The store that is to have the data; null where there is but one. */
  readonly store: string | null;
  /** All that is to come, bytes. */
  readonly size: number;
  /** How much has come and is on stable storage, bytes. */
  readonly received: number;
  /** Whether the image has the data. */
  readonly isDone: boolean;
  readonly expiresAt: Date;
}

/** A piece of what has come. */
export interface UploadSegment {
  /** By which the store knows it. */
  readonly dataId: string;
  readonly store: string | null;
  readonly number: number;
  /** On stable storage, bytes. */
  readonly size: number;
  /** The one process that may have it grow. */
  readonly processId: string;
}
