import { listRulesOfProducer, noteUse } from '../database/accept-rules.ts';
import type { Connection } from '../database/database.ts';
import { countMembers, deleteMember, insertMember, updateMember } from '../database/members.ts';
import { deleteEnded, setAside, updateTerms } from '../database/shares.ts';
import { isAcceptedBy } from '../domain/accept-rule.ts';
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
  /** Says when the share will be withdrawn, and why: until then it holds. */
  announceEnd(db: Connection, image: Image, announced: AnnouncedEnd): Promise<Share>;
  changeTerms(db: Connection, image: Image, changed: ChangedTerms): Promise<Share>;
  end(db: Connection, image: Image, ended: EndedShare): Promise<void>;
  /** Removes the row of a share that is over; whether there was one. */
  removeEnded(db: Connection, image: Image, projectId: string): Promise<boolean>;
}

export interface AnnouncedEnd {
  readonly share: Share;
  readonly reason: string;
  readonly at: Date;
  readonly by: Actor;
}

export interface OfferedShare {
  readonly projectId: string;
  readonly by: Actor;
  readonly terms?: ShareTerms;
  /** The family of the owner by which it is shared. */
  readonly family?: string | undefined;
  /** That the project has answered already, since it asked for the image. */
  readonly accepted?: boolean;
}

export interface AnsweredShare {
  readonly member: Member;
  readonly status: MemberStatus;
  readonly by: Actor;
  /** Why, where nobody answers just now. */
  readonly because?: Readonly<Record<string, string>>;
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

export function shareChanges(options: ShareChangesOptions): ShareChanges {
  const { quotas, events, clock } = options;
  return {
    answer: (db, image, answered) => answer(options, db, image, answered),
    removeEnded: (db, image, projectId) => removeEnded(options, db, image, projectId),

    async offer(db, image, { projectId, by, terms = plainTerms, family, accepted = false }) {
      const limits = await quotas.limitsOf(db, image.owner);
      checkLimit((await countMembers(db, image.id)) + 1, limits.members, 'members');
      const at = clock();
      const dates = { createdAt: at, updatedAt: at };
      const member: Member = { imageId: image.id, projectId, status: 'pending', ...dates };
      await insert(options, db, image, { member, terms });
      await events.record(db, memberEvent('image.member.create', member));
      const details = detailsOf(terms);
      await recordShare(db, image, { kind: 'offered', projectId, by, at, details });
      if (!accepted) return acceptByRule(options, db, image, { member, family });
      const because = { asked: 'yes' };
      return answer(options, db, image, { member, status: 'accepted', by, because });
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
      const { projectId } = share;
      const details = detailsOf(terms);
      await recordShare(db, image, { kind: 'changed', projectId, by, at: clock(), details });
      return changed;
    },

    async announceEnd(db, image, { share, reason, at, by }) {
      // It cannot last longer for being withdrawn.
      const end = share.expiresAt && share.expiresAt < at ? share.expiresAt : at;
      const changed: Share = { ...share, expiresAt: end, withdrawal: reason };
      await updateTerms(db, share, changed);
      const { projectId } = share;
      const details = { reason, expires_at: end.toISOString() };
      const kind = 'withdrawal_announced';
      await recordShare(db, image, { kind, projectId, by, at: clock(), details });
      return changed;
    },

    async end(db, image, ended) {
      await deleteMember(db, ended.member);
      await noteEnd(options, db, image, ended);
    },
  };
}

/** Notes the end of a share whose row is gone. */
async function noteEnd(
  { events, clock }: ShareChangesOptions,
  db: Connection,
  image: Image,
  { member, how, by }: EndedShare,
): Promise<void> {
  const at = clock();
  const { projectId, status } = member;
  await events.record(db, memberDeleteEvent(member, at));
  await recordShare(db, image, { kind: how, projectId, by, at, details: { status } });
}

async function removeEnded(
  options: ShareChangesOptions,
  db: Connection,
  image: Image,
  projectId: string,
): Promise<boolean> {
  const ended = await deleteEnded(db, image.id, projectId);
  if (!ended) return false;
  const how = ended.withdrawal === null ? 'expired' : 'withdrawn';
  await noteEnd(options, db, image, { member: ended, how, by: nobody });
  return true;
}

/** Adds the row, in the place of one whose share is over. @throws DomainError `MemberExists` */
async function insert(
  options: ShareChangesOptions,
  db: Connection,
  image: Image,
  { member, terms }: { readonly member: Member; readonly terms: ShareTerms },
): Promise<void> {
  if (await insertMember(db, image, member, terms)) return;
  if (!(await removeEnded(options, db, image, member.projectId))) throw memberExists(member);
  await insertMember(db, image, member, terms);
}

async function answer(
  { events, clock }: ShareChangesOptions,
  db: Connection,
  image: Image,
  { member, status, by, because }: AnsweredShare,
): Promise<Member> {
  const at = clock();
  const answered: Member = { ...member, status, updatedAt: at };
  await updateMember(db, answered);
  await events.record(db, memberEvent('image.member.update', answered));
  const { projectId } = member;
  const details = { status, ...because };
  await recordShare(db, image, { kind: 'answered', projectId, by, at, details });
  return answered;
}

/** Accepts an offer in the consumer's name, where it has said that it would. */
async function acceptByRule(
  options: ShareChangesOptions,
  db: Connection,
  image: Image,
  { member, family }: { readonly member: Member; readonly family: string | undefined },
): Promise<Member> {
  if (image.owner === null) return member;
  const rules = await listRulesOfProducer(db, member.projectId, image.owner);
  const at = options.clock();
  const rule = rules.find((one) => isAcceptedBy(one, image, { now: at, family }));
  if (!rule) return member;
  await noteUse(db, rule, at);
  const by = { projectId: rule.projectId, userId: rule.byUser };
  const because = { rule: rule.id };
  return answer(options, db, image, { member, status: 'accepted', by, because });
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
