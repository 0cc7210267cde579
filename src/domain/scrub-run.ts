/** How far it is with looking at the data that was due. */
export interface ScrubRun {
  readonly beganAt: Date;
  /** When that was last told; of a run that has not ended, long ago when its process has. */
  readonly seenAt: Date;
  /** Undefined while it goes on. */
  readonly endedAt: Date | undefined;
  /** Images that are to be looked at, those included that were. */
  readonly due: number;
  /** Images that were looked at. */
  readonly images: number;
  /** Bytes that were read, of all copies, also of the image at hand. */
  readonly bytes: number;
  /** Pieces of a MiB that were summed up. */
  readonly chunks: number;
  /** Images whose data was found damaged, and such whose data could not be read. */
  readonly damaged: number;
  readonly unreadable: number;
}
