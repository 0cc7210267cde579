import type { Connection } from '../database/database.ts';
import { findMember } from '../database/members.ts';
import {
  deleteSource,
  hasSources,
  insertSource,
  type ShareSource,
} from '../database/share-sources.ts';
import type { Image } from '../domain/image.ts';
import { plainTerms } from '../domain/share.ts';
import type { Actor } from '../domain/share-log.ts';
import type { ShareChanges } from './share-changes.ts';

/** A share by a family or a group. */
export interface SourcedShare {
  readonly projectId: string;
  readonly source: ShareSource;
  readonly by: Actor;
  readonly note?: string | null;
  /** The name of the family. */
  readonly family?: string;
}

/**
 * Makes the project a member by that source. Who is one by itself stays so, and keeps what it has when the source is
 * gone; the owner needs no share, and of an image that is not shared there is none.
 *
 * @throws DomainError `QuotaExceeded`
 */
export async function shareBy(
  changes: ShareChanges,
  db: Connection,
  image: Image,
  { projectId, source, by, note = null, family }: SourcedShare,
): Promise<void> {
  if (image.owner === projectId || image.visibility !== 'shared') return;
  const place = { imageId: image.id, projectId };
  if (await findMember(db, image.id, projectId)) {
    if (await hasSources(db, place)) await insertSource(db, place, source);
    return;
  }
  await changes.offer(db, image, { projectId, by, terms: { ...plainTerms, note }, family });
  await insertSource(db, place, source);
}

/** How a source is taken away. */
export interface SourceTaking extends Pick<SourcedShare, 'projectId' | 'source' | 'by'> {
  readonly how: 'left' | 'withdrawn';
  /** Whose family or group it is: an image that was given away since is for its new owner to share. */
  readonly owner: string;
}

/** Takes a source away from a member, which is one no more if it was so by that alone. */
export async function unshareBy(
  changes: ShareChanges,
  db: Connection,
  image: Image,
  { projectId, source, by, how, owner }: SourceTaking,
): Promise<void> {
  const place = { imageId: image.id, projectId };
  if (!(await deleteSource(db, place, source)) || (await hasSources(db, place))) return;
  if (image.owner !== owner) return;
  const member = await findMember(db, image.id, projectId);
  if (member) await changes.end(db, image, { member, how, by });
}
