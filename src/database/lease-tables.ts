import type { Generated } from 'kysely';

/**
 * What a row has that is a piece of work in the background, which one process at a time does. Times are
 * milliseconds since the epoch, by the database's clock.
 */
export interface LeaseColumns {
  /** Id of the process that is at it, or was last; null when it was given back. */
  lease_holder: Generated<string | null>;
  /** When it may be claimed: until then somebody is at it, or it is not due yet. */
  lease_until: Generated<number>;
  /** How often it was claimed; tells a claim from those before it. */
  lease_term: Generated<number>;
}

/** What one process of all does from time to time. */
export interface JobRow extends LeaseColumns {
  name: string;
}

export interface LeaseTables {
  jobs: JobRow;
}
