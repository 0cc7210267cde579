import type { Database } from '../database/database.ts';
import { type DownloadSum, listDownloads } from '../database/image-downloads.ts';
import { listReasons } from '../database/share-sources.ts';
import { listShares } from '../database/shares.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import { seesAllMembers } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import type { Share } from '../domain/share.ts';
import { checkMay } from './known-member.ts';
import type { Names } from './names.ts';
import { getSeenImage } from './seen-image.ts';

export interface ReadersOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly names: Names;
}

/** A member that can read an image, and why it is one. */
export interface MemberReader {
  readonly share: Share;
  /** Families and groups; none for a share that the owner made by itself. */
  readonly reasons: readonly string[];
  readonly downloads: DownloadSum | undefined;
}

/** Who can read an image. */
export interface ImageReaders {
  readonly image: Image;
  /** None while the image is not shared: then they do not count. */
  readonly members: readonly MemberReader[];
  readonly names: ReadonlyMap<string, string>;
  /** Whether the operator has another rule than the field's, which may let fewer read it, or more. */
  readonly isRuleOverridden: boolean;
}

/** Tells who can read an image, and by which rule, to who may see all its members. */
export interface Readers {
  /** @throws DomainError `ImageNotFound`, `NotPermitted` */
  of(caller: Caller, imageId: string): Promise<ImageReaders>;
}

export function readersService({ database, policy, names }: ReadersOptions): Readers {
  return {
    async of(caller, imageId) {
      const seen = await getSeenImage(database.read, caller, imageId, policy);
      checkMay(policy, 'get_members', caller, seen);
      const { image } = seen;
      if (!seesAllMembers(image, caller)) {
        throw new DomainError('NotPermitted', 'Only the owner of an image sees all its members.');
      }
      const isShared = image.visibility === 'shared';
      const shares = isShared ? await listShares(database.read, imageId) : [];
      const reasons = await listReasons(database.read, imageId);
      const downloads = await listDownloads(database.read, imageId);
      const ids = [image.owner ?? '', ...shares.map(({ projectId }) => projectId)];
      return {
        image,
        members: shares.map((share) => ({
          share,
          reasons: reasons.get(share.projectId) ?? [],
          downloads: downloads.get(share.projectId),
        })),
        names: await names.ofProjects(ids),
        isRuleOverridden: policy.isOverridden('get_image'),
      };
    },
  };
}
