import type { ScrubRun } from './scrub-run.ts';

/** How much of the data of images is known to be as it was stored. */
export interface DataCheckSummary {
  /** Images that have data. */
  readonly images: number;
  /** Bytes of it. */
  readonly bytes: number;
  /** Images whose data was looked at since the time asked for. */
  readonly verified: number;
  /** Images whose data was never looked at, and has no checksums of chunks yet. */
  readonly withoutSums: number;
  /** When the data was looked at that was looked at longest ago; undefined when there is none, or some never was. */
  readonly oldest: Date | undefined;
}

/** Data that is not as it was stored. */
export interface DamagedData {
  readonly imageId: string;
  /** When that was found. */
  readonly at: Date;
  /** The byte at which the first chunk begins that was found. */
  readonly position: number;
}

/** Data that could not be read when it was last looked at; whether it is damaged nobody knows. */
export interface UnreadableData {
  readonly imageId: string;
  /** When that was first so. */
  readonly at: Date;
}

/** What a look at the data of an image has found: the worst of its copies counts. */
export interface DataState {
  readonly kind: 'damaged' | 'gone' | 'unreadable' | 'whole';
  /** Of damaged data, the byte at which the first chunk begins that was found. */
  readonly position?: number | undefined;
}

/** What is known of the data of all images. */
export interface ScrubStatus extends DataCheckSummary {
  /** Bytes a second at most that are read to look at data. */
  readonly rate: number;
  /** Within this time, ms, all data is looked at. */
  readonly interval: number;
  readonly damaged: readonly DamagedData[];
  readonly unreadable: readonly UnreadableData[];
  /** The run that is on, or was last. */
  readonly run: ScrubRun | undefined;
}
