import type { Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import { findShare, listOwnedShares } from '../database/shares.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Policy } from '../domain/policy.ts';
import { checkTerms } from '../domain/share.ts';
import { actorOf } from '../domain/share-log.ts';
import { checkMay } from './known-member.ts';
import type { Recipients } from './recipients.ts';
import type { ShareChanges } from './share-changes.ts';
import { projectThatShares } from './share-groups.ts';

export interface ShareWithdrawalsOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly recipients: Recipients;
  readonly changes: ShareChanges;
  readonly clock: () => Date;
}

/** Which shares of the caller's project are withdrawn: those of these images with these projects. */
export interface Withdrawal {
  /** Undefined for all. */
  readonly images: readonly string[] | undefined;
  /** By id or name; undefined for all. */
  readonly members: readonly string[] | undefined;
  /** When; null for now. */
  readonly at: Date | null;
  readonly reason: string;
}

export interface Withdrawn {
  readonly count: number;
  /** Whether there are more than one call withdraws. */
  readonly isMore: boolean;
}

/** Takes back many shares at once, now or with notice. */
export interface ShareWithdrawals {
  /** In one transaction. @throws DomainError `NotPermitted`, `InvalidRequest` */
  withdraw(caller: Caller, withdrawal: Withdrawal): Promise<Withdrawn>;
}

/** Shares withdrawn in one transaction. */
const mostAtOnce = 500;

export function shareWithdrawalsService(options: ShareWithdrawalsOptions): ShareWithdrawals {
  const { database, policy, recipients, changes, clock } = options;

  async function projectsOf(caller: Caller, typed: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const member of new Set(typed)) {
      found.push(member, (await recipients.find(caller, member)).projectId);
    }
    return [...new Set(found)];
  }

  return {
    async withdraw(caller, { images, members, at, reason }) {
      const owner = projectThatShares(policy, caller);
      if (at) checkTerms({ note: null, expiresAt: at }, clock());
      const projects = members && (await projectsOf(caller, members));
      const by = actorOf(caller);
      return await database.transaction(async (db) => {
        const asked = { owner, images, projects, isNoticed: at !== null, limit: mostAtOnce + 1 };
        const places = await listOwnedShares(db, asked);
        for (const { imageId, projectId } of places.slice(0, mostAtOnce)) {
          const seen = await findImage(db, imageId, caller.projectId);
          const share = seen && (await findShare(db, imageId, projectId));
          if (!share) continue;
          checkMay(policy, 'delete_member', caller, seen);
          if (at) await changes.announceEnd(db, seen.image, { share, reason, at, by });
          else await changes.end(db, seen.image, { member: share, how: 'withdrawn', by });
        }
        return {
          count: Math.min(places.length, mostAtOnce),
          isMore: places.length > mostAtOnce,
        };
      });
    },
  };
}

/** Refuses a withdrawal of everything that nobody has said. @throws DomainError `InvalidRequest` */
export function checkWithdrawal({
  images,
  members,
  all,
}: {
  readonly images: unknown;
  readonly members: unknown;
  readonly all: boolean;
}): void {
  if (images !== undefined || members !== undefined || all) return;
  throw new DomainError('InvalidRequest', 'images, members or all: one of them is wanted.');
}
