import type { ScrubRunRow } from './scrub-runs.ts';

/** What is known of the data of one image beyond its hashes. Times are milliseconds since the epoch. */
export interface DataCheckRow {
  image_id: string;
  /** The checksums of its chunks; null until its data has been read once since it was stored without. */
  sums: Uint8Array | null;
  /** When all of it was last known to be as it was stored; 0 for never. */
  verified_at: number;
  /** When it was found that it is not, and at which byte; null while it is as it was. */
  damaged_at: number | null;
  damaged_position: number | null;
}

/** Data that could not be read when it was last looked at. */
export interface UnreadableDataRow {
  image_id: string;
  found_at: number;
}

export interface DataCheckTables {
  scrub_runs: ScrubRunRow;
  unreadable_data: UnreadableDataRow;
  data_checks: DataCheckRow;
}
