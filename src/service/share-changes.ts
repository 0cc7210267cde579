import type { Connection } from '../database/database.ts';
import { countMembers, deleteMember, insertMember, updateMember } from '../database/members.ts';
import { deleteEnded, setAside, updateTerms } from '../database/shares.ts';
import { DomainError } from '../domain/errors.ts';
import { memberDeleteEvent, memberEvent } from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import { checkLimit } from '../domain/limits.ts';
import type { Member, MemberStatus } from '../domain/member.ts';
import { plainTerms, type Share, type ShareTerms } from '../domain/share.ts';
import { type Actor, nobody } from '../domain/share-log.ts';
import type { Events } from './events.ts';
import type { Quotas } from './quotas.ts';
import { recordShare } from './share-records.ts';

export interface ShareChangesOptions {
  readonly quotas: Quotas;
  readonly events: Events;
  readonly clock: () => Date;
}

/** How a share ends. */
export type ShareEnd = 'withdrawn' | 'left' | 'expired';

/**
 * What can be done to a share, by whichever call: each is noted in the log of the image and told to both sides. All
 * of it happens in the transaction `db`, by which the image was looked up; who may do it was asked before.
 */
export interface ShareChanges {
  /** @throws DomainError `MemberExists`, `QuotaExceeded` */
  offer(db: Connection, image: Image, offered: OfferedShare): Promise<Member>;
  answer(db: Connection, image: Image, answered: AnsweredShare): Promise<Member>;
  setAside(db: Connection, image: Image, member: Member, by: Actor): Promise<void>;
  changeTerms(db: Connection, image: Image, changed: ChangedTerms): Promise<Share>;
  end(db: Connection, image: Image, ended: EndedShare): Promise<void>;
}

export interface OfferedShare {
  readonly projectId: string;
  readonly by: Actor;
  readonly terms?: ShareTerms;
}

export interface AnsweredShare {
  readonly member: Member;
  readonly status: MemberStatus;
  readonly by: Actor;
}

export interface ChangedTerms {
  readonly share: Share;
  readonly terms: ShareTerms;
  readonly by: Actor;
}

export interface EndedShare {
  readonly member: Member;
  readonly how: ShareEnd;
  readonly by: Actor;
}

export function shareChanges({ quotas, events, clock }: ShareChangesOptions): ShareChanges {
  /** Notes the end of a share whose row is gone. */
  async function noteEnd(db: Connection, image: Image, { member, how, by }: EndedShare) {
    const at = clock();
    const { projectId, status } = member;
    await events.record(db, memberDeleteEvent(member, at));
    await recordShare(db, image, { kind: how, projectId, by, at, details: { status } });
  }

  /** Adds the row, in the place of one whose share is over. */
  async function insert(db: Connection, image: Image, member: Member, terms: ShareTerms) {
    if (await insertMember(db, image, member, terms)) return;
    const ended = await deleteEnded(db, image.id, member.projectId);
    if (!ended) throw memberExists(member);
    await noteEnd(db, image, { member: ended, how: 'expired', by: nobody });
    await insertMember(db, image, member, terms);
  }

  return {
    async offer(db, image, { projectId, by, terms = plainTerms }) {
      const limits = await quotas.limitsOf(db, image.owner);
      checkLimit((await countMembers(db, image.id)) + 1, limits.members, 'members');
      const at = clock();
      const dates = { createdAt: at, updatedAt: at };
      const member: Member = { imageId: image.id, projectId, status: 'pending', ...dates };
      await insert(db, image, member, terms);
      await events.record(db, memberEvent('image.member.create', member));
      await recordShare(db, image, {
        kind: 'offered',
        ...{ projectId, by, at },
        details: detailsOf(terms),
      });
      return member;
    },

    async answer(db, image, { member, status, by }) {
      const at = clock();
      const answered: Member = { ...member, status, updatedAt: at };
      await updateMember(db, answered);
      await events.record(db, memberEvent('image.member.update', answered));
      const { projectId } = member;
      await recordShare(db, image, { kind: 'answered', projectId, by, at, details: { status } });
      return answered;
    },

    async setAside(db, image, member, by) {
      const at = clock();
      await setAside(db, member, at);
      if (member.status === 'pending') return;
      const answered: Member = { ...member, status: 'pending', updatedAt: at };
      await events.record(db, memberEvent('image.member.update', answered));
      const { projectId } = member;
      const details = { status: 'pending' };
      await recordShare(db, image, { kind: 'answered', projectId, by, at, details });
    },

    async changeTerms(db, image, { share, terms, by }) {
      const changed: Share = { ...share, ...terms, withdrawal: null };
      await updateTerms(db, share, changed);
      await recordShare(db, image, {
        kind: 'changed',
        ...{ projectId: share.projectId, by, at: clock() },
        details: detailsOf(terms),
      });
      return changed;
    },

    async end(db, image, ended) {
      await deleteMember(db, ended.member);
      await noteEnd(db, image, ended);
    },
  };
}

function detailsOf({ note, expiresAt }: ShareTerms) {
  return { note, expires_at: expiresAt?.toISOString() ?? null };
}

function memberExists(member: Member): DomainError {
  return new DomainError(
    'MemberExists',
    `member: ${member.projectId} is already a member of image ${member.imageId}.`,
  );
}
