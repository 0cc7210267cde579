/** Without a sign of life for so long (s), a process is gone. */
export const goneAfter = 60;

/** A process that runs on this database. Times are milliseconds since the epoch, by the database's clock. */
export interface ProcessRow {
  /** UUID; that of its data folder, so that the next process there has it too. */
  id: string;
  started_at: number;
  /** When it last said that it is there. */
  seen_at: number;
  /** The newest step of the schema that its release knows; null for one that does not say so. */
  schema_step: string | null;
}

/** Random bits that every process on the database knows. */
export interface SecretRow {
  name: string;
  /** 256 random bits, base64url. */
  value: string;
}

export interface ProcessTables {
  processes: ProcessRow;
  secrets: SecretRow;
}
