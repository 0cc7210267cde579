/** An upload that can be resumed. Times are milliseconds since the epoch. */
export interface UploadRow {
  id: string;
  image_id: string;
  /** Whose it is: the project of whoever began it. */
  project_id: string;
  /** Whoever that was; null for what an older release began. */
  user_id: string | null;
  /** The owner of the image, for whom its bytes count until it is done; null counts nowhere. */
  image_owner: string | null;
  /** The store that is to have the data; null where there is but one. */
  store: string | null;
  /** All that is to come. */
  bytes: number;
  /** How many of them are on stable storage. */
  received: number;
  /** Not null once the image has the data. */
  is_done: number;
  /** The process that is at it; null for nobody. */
  holder: string | null;
  /** Until when it is, unless it says so again; by the database's clock. */
  held_until: number;
  expires_at: number;
}

/** A piece of data of an upload; noted before its first byte. */
export interface UploadSegmentRow {
  /** By which the store knows it. */
  data_id: string;
  upload_id: string;
  store: string | null;
  /** Pieces are in the order of their numbers. */
  number: number;
  /** On stable storage; what lies there behind them is nothing. */
  bytes: number;
  /** The one process that may have it grow. */
  process_id: string;
}

export interface UploadTables {
  uploads: UploadRow;
  upload_segments: UploadSegmentRow;
}
