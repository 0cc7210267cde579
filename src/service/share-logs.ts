import type { Database } from '../database/database.ts';
import { listShareLog } from '../database/share-log.ts';
import type { Caller } from '../domain/caller.ts';
import { seesAllMembers } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import type { ShareLine } from '../domain/share-log.ts';
import { checkMay } from './known-member.ts';
import { getSeenImage } from './seen-image.ts';

export interface ShareLogsOptions {
  readonly database: Database;
  readonly policy: Policy;
}

/** A page of a log. */
export interface ShareLogPage {
  readonly lines: readonly ShareLine[];
  /** Whether lines about others are there too: else the caller is shown those about itself. */
  readonly isWhole: boolean;
}

/** What happened to the shares of each image. */
export interface ShareLogs {
  /** @throws DomainError `ImageNotFound`, `NotPermitted` */
  list(
    caller: Caller,
    imageId: string,
    page: { readonly after: number; readonly limit: number },
  ): Promise<ShareLogPage>;
}

export function shareLogsService({ database, policy }: ShareLogsOptions): ShareLogs {
  return {
    async list(caller, imageId, page) {
      const seen = await getSeenImage(database.read, caller, imageId, policy);
      checkMay(policy, 'get_members', caller, seen);
      const isWhole = seesAllMembers(seen.image, caller);
      const projectId = isWhole ? undefined : (caller.projectId ?? '');
      const lines = await listShareLog(database.read, { imageId, projectId, ...page });
      return { lines, isWhole };
    },
  };
}
