/** A limit that one project has of its own; negative for none. */
export interface ProjectQuotaRow {
  project_id: string;
  quota: string;
  value: number;
}

/** What a project has, kept with every change so that it need not be counted. */
export interface ProjectUsageRow {
  project_id: string;
  images: number;
  /** Those reserved included. */
  bytes: number;
  staged_bytes: number;
  uploads: number;
}

/** What is set aside for an upload under way; gone with the upload. */
export interface UploadReservationRow {
  image_id: string;
  /** Whose it is; null for an image without owner, which counts nowhere. */
  project_id: string | null;
  bytes: number;
  /** The same of an upload that is staged. */
  staged_bytes: number;
  /** The process that takes the upload. */
  process_id: string;
  /** The store that takes the data; null where there is but one. */
  store: string | null;
  /** By which the store knows the data; null for the id of the image. */
  data_id: string | null;
}

export interface QuotaTables {
  project_quotas: ProjectQuotaRow;
  project_usage: ProjectUsageRow;
  upload_reservations: UploadReservationRow;
}
