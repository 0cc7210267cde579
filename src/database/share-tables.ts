import type { Generated } from 'kysely';
import type { ShareKind } from '../domain/share-log.ts';

/** A producer whose offers a project does not want to see. */
export interface MutedProducerRow {
  project_id: string;
  producer_id: string;
  created_at: number;
}

/** A line of an image's share log, which is only ever added to. */
export interface ShareLogRow {
  image_id: string;
  /** From 1, without a gap. */
  number: number;
  at: number;
  kind: ShareKind;
  /** The consumer that it is about. */
  project_id: string;
  by_project: string | null;
  by_user: string | null;
  /** JSON object. */
  details: string;
  /** The hash of the line before it; empty for the first. */
  previous: string;
  /** SHA-256 in hex. */
  hash: string;
}

/** Something that one project is told of. */
export interface ProjectEventRow {
  /** The order in which it is told. */
  id: Generated<number>;
  project_id: string;
  /** UUID. */
  event_id: string;
  event_type: string;
  image_id: string | null;
  /** JSON object. */
  data: string;
  created_at: number;
}

export interface ShareTables {
  muted_producers: MutedProducerRow;
  share_log: ShareLogRow;
  project_events: ProjectEventRow;
}
