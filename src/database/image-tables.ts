import type { Generated } from 'kysely';
import type { MemberStatus } from '../domain/member.ts';
import type { ImageStatus } from '../domain/status.ts';
import type { Visibility } from '../domain/visibility.ts';
import type { LeaseColumns } from './lease-tables.ts';

/** One live image. Times are milliseconds since the epoch, sizes bytes; 0 and 1 stand for booleans. */
export interface ImageRow {
  id: string;
  name: string | null;
  owner: string | null;
  status: ImageStatus;
  visibility: Visibility;
  protected: number;
  os_hidden: number;
  disk_format: string | null;
  container_format: string | null;
  min_disk: number;
  min_ram: number;
  size: number | null;
  virtual_size: number | null;
  checksum: string | null;
  os_hash_algo: string | null;
  os_hash_value: string | null;
  /** Where the data is, or one copy of it; null while there is none. */
  location: string | null;
  /** JSON array of every place, when there are several or their stores must be told; `location` is the first. */
  locations: string | null;
  /** JSON array, in the order in which the tags were added. `image_tags` finds images by tag. */
  tags: string;
  /** JSON object of custom properties. `image_properties` finds images by them. */
  properties: string;
  created_at: number;
  updated_at: number;
  /** The name by which lists find and sort the image: empty when there is none. */
  sort_name: string;
}

/**
 * An image's document as it goes out, kept by triggers, with what decides who sees the image: showing one reads
 * nothing else.
 */
export interface ImageDocumentRow {
  image_id: string;
  owner: string | null;
  visibility: Visibility;
  /** JSON, as `imageJson` writes it. */
  document: string;
}

/** What of an image decides in which lists it is and where: copied, so that one index holds all that a list asks for. */
interface ImageCopy {
  image_id: string;
  owner: string | null;
  visibility: Visibility;
  os_hidden: number;
  image_created_at: number;
}

export interface ImageTagRow extends ImageCopy {
  tag: string;
}

export interface ImagePropertyRow extends ImageCopy {
  name: string;
  value: string;
}

export interface ImageMemberRow {
  /** The order of adding. */
  id: Generated<number>;
  image_id: string;
  project_id: string;
  status: MemberStatus;
  created_at: number;
  updated_at: number;
  /** The image's creation time, which never changes: lists of shared images sort by it. */
  image_created_at: number;
  /** Copies of the image's own: whether one project shares with another is asked of this table alone. */
  image_owner: string | null;
  image_visibility: Visibility;
  /** What the owner says of the offer. */
  note: Generated<string | null>;
  /** From then on the share is as if it had never been; the largest safe number for no end. */
  expires_at: Generated<number>;
  /** Whether the consumer wants to decide later: out of its inbox, and still pending. */
  set_aside: Generated<number>;
  /** Why the owner withdraws the share at its end; null when it just ends. */
  withdrawal: Generated<string | null>;
  /** Whether it was told that the end is near. */
  warned: Generated<number>;
}

/** Ids of deleted images, never given out again (OSSN-0075). */
export interface SpentImageIdRow {
  id: string;
}

/** Data whose image is gone but whose bytes may still lie in the store; emptied by the sweep. */
export interface UnwantedDataRow extends LeaseColumns {
  location: string;
  /** Null where there is but one store. */
  store: string | null;
}

/** A deleted image that can still be restored: not in `images`, its id spent, its data still there. */
export interface PendingDeleteRow {
  image_id: string;
  /** The project that it still counts for. */
  owner: string | null;
  size: number;
  location: string;
  /** JSON of its `ImageRow`. */
  image: string;
  /** JSON array of its `ImageMemberRow`s, without their ids and image, in the order of adding. */
  members: string;
  /** JSON of what else its sharing has, see `KeptSharing`; null for one that an earlier release deleted. */
  sharing: string | null;
  deleted_at: number;
}

export interface ImageTables {
  images: ImageRow;
  image_documents: ImageDocumentRow;
  image_tags: ImageTagRow;
  image_properties: ImagePropertyRow;
  image_members: ImageMemberRow;
  spent_image_ids: SpentImageIdRow;
  unwanted_data: UnwantedDataRow;
  pending_deletes: PendingDeleteRow;
}
