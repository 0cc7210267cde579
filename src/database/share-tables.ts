import type { Generated } from 'kysely';
import type { RequestState } from '../domain/access-request.ts';
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

/** A project that asks for an image, which need not be there. */
export interface AccessRequestRow {
  number: Generated<number>;
  /** UUID. */
  id: string;
  image_id: string;
  /** The image's own, kept in step with it; null for an image that is not there. */
  image_owner: string | null;
  project_id: string;
  by_user: string;
  reason: string;
  state: RequestState;
  /** What the owner said to it. */
  word: string | null;
  created_at: number;
  answered_at: number | null;
}

/** An image that everybody may find, and ask for. */
export interface ListedImageRow {
  number: Generated<number>;
  image_id: string;
  summary: string | null;
  listed_at: number;
}

/** A rule of a consumer by which offers are accepted at once. */
export interface AcceptRuleRow {
  id: string;
  project_id: string;
  producer_id: string;
  name_pattern: string | null;
  family: string | null;
  /** The largest safe number for no end. */
  ends_at: number;
  by_user: string;
  created_at: number;
  uses: Generated<number>;
  used_at: Generated<number | null>;
}

/** What a project has downloaded of an image of another. */
export interface ImageDownloadRow {
  image_id: string;
  project_id: string;
  last_at: number;
  downloads: number;
  bytes: number;
}

export interface ShareTables {
  access_requests: AccessRequestRow;
  listed_images: ListedImageRow;
  accept_rules: AcceptRuleRow;
  image_downloads: ImageDownloadRow;

  muted_producers: MutedProducerRow;
  share_log: ShareLogRow;
  project_events: ProjectEventRow;
}
