import type { Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import { findShare, listOwnedShares, type OwnedShare } from '../database/shares.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Policy } from '../domain/policy.ts';
import { checkTerms } from '../domain/share.ts';
import { actorOf } from '../domain/share-log.ts';
import { checkMay } from './known-member.ts';
import type { Names } from './names.ts';
import type { Recipients } from './recipients.ts';
import type { ShareChanges } from './share-changes.ts';
import { projectThatShares } from './share-groups.ts';

export interface ShareWithdrawalsOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly recipients: Recipients;
  readonly names: Names;
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

/** What a withdrawal would take. */
export interface WithdrawalPreview {
  /** At most as many as one call withdraws. */
  readonly shares: readonly OwnedShare[];
  readonly isMore: boolean;
  /** Of their projects, by id. */
  readonly names: ReadonlyMap<string, string>;
}

/** Takes back many shares at once, now or with notice. */
export interface ShareWithdrawals {
  /** Who would be hit, of which nothing is told to them. @throws DomainError `NotPermitted`, `InvalidRequest` */
  preview(caller: Caller, withdrawal: Withdrawal): Promise<WithdrawalPreview>;
  /** In one transaction. @throws DomainError `NotPermitted`, `InvalidRequest` */
  withdraw(caller: Caller, withdrawal: Withdrawal): Promise<Withdrawn>;
}

/** Shares withdrawn in one transaction. */
const mostAtOnce = 500;

export function shareWithdrawalsService(options: ShareWithdrawalsOptions): ShareWithdrawals {
  const { database, policy, recipients, names, changes, clock } = options;

  async function projectsOf(caller: Caller, typed: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const member of new Set(typed)) {
      found.push(member, (await recipients.find(caller, member)).projectId);
    }
    return [...new Set(found)];
  }

  async function askedFor(caller: Caller, { images, members, at }: Withdrawal) {
    const owner = projectThatShares(policy, caller);
    if (at) checkTerms({ note: null, expiresAt: at }, clock());
    const projects = members && (await projectsOf(caller, members));
    return { owner, images, projects, isNoticed: at !== null, limit: mostAtOnce + 1 };
  }

  return {
    async preview(caller, withdrawal) {
      const found = await listOwnedShares(database.read, await askedFor(caller, withdrawal));
      const shares = found.slice(0, mostAtOnce);
      const ids = shares.map(({ share }) => share.projectId);
      return { shares, isMore: found.length > mostAtOnce, names: await names.ofProjects(ids) };
    },

    async withdraw(caller, withdrawal) {
      const asked = await askedFor(caller, withdrawal);
      const { at, reason } = withdrawal;
      const by = actorOf(caller);
      return await database.transaction(async (db) => {
        const places = await listOwnedShares(db, asked);
        for (const { share: place } of places.slice(0, mostAtOnce)) {
          const { imageId, projectId } = place;
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
