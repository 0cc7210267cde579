/** An image whose data is staged or on its way into stores: what is set aside for it, and where the data lies. */
export interface ImageImportRow {
  image_id: string;
  /** Whose it is; null for an image without owner, which counts nowhere. */
  project_id: string | null;
  /** Set aside for the copies that are to come, bytes. */
  bytes: number;
  staged_bytes: number;
  /** Of the staged data; null while there is none, or for the only store. */
  store: string | null;
  url: string | null;
  size: number | null;
  checksum: string | null;
  sha512: string | null;
  /** As what the staged data was looked at: a disk format and a container format. */
  checked_as: string | null;
  virtual_size: number | null;
  /** What the image was called before its data was converted; null when it was not. */
  disk_format: string | null;
}

/** Data that a task is bringing into a store, and that is nobody's until then. */
export interface ImportDataRow {
  /** By which the store knows it. */
  id: string;
  store: string | null;
  task_id: string;
}

export interface ImportTables {
  image_imports: ImageImportRow;
  import_data: ImportDataRow;
}
