import type { Connection, Database } from '../database/database.ts';
import {
  countMembers,
  deleteMember,
  findMember,
  insertMember,
  listMembers,
  updateMember,
} from '../database/members.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { memberDeleteEvent, memberEvent } from '../domain/event.ts';
import { checkLimit } from '../domain/limits.ts';
import {
  type Member,
  type MemberStatus,
  mayAnswer,
  maySeeMember,
  type SeenImage,
  seesAllMembers,
} from '../domain/member.ts';
import type { Action, Policy } from '../domain/policy.ts';
import type { Recipient } from '../domain/recipient.ts';
import type { Events } from './events.ts';
import { memberLookup } from './member-lookup.ts';
import type { Quotas } from './quotas.ts';
import type { Recipients } from './recipients.ts';
import { getSeenImage, getSharedImage } from './seen-image.ts';

export interface MembersOptions {
  readonly database: Database;
  readonly quotas: Quotas;
  readonly events: Events;
  readonly policy: Policy;
  readonly recipients: Recipients;
  readonly clock: () => Date;
}

/** A new member, and how its project was found. */
export interface AddedMember {
  readonly member: Member;
  readonly found: Recipient['found'];
}

/**
 * Who an image is shared with. Every call checks in the order of the contract: the image is seen,
 * it is shared, the member row may be known of, the caller may do this.
 *
 * @see Images API v2, "Sharing images"
 */
export interface Members {
  /** Offers the image to a project, by its id or its name, which gains access at once and finds it pending. */
  add(caller: Caller, imageId: string, memberId: string): Promise<AddedMember>;
  /** Every member for owner and admin; a consumer is shown itself alone. */
  list(caller: Caller, imageId: string): Promise<Member[]>;
  /** The member of that id, or else of that name. */
  show(caller: Caller, imageId: string, memberId: string): Promise<Member>;
  /** Sets the answer, of a project by its id or its name, that `readStatus` reads; it is read last, since who may answer is asked before. */
  answer(
    caller: Caller,
    imageId: string,
    memberId: string,
    readStatus: () => MemberStatus,
  ): Promise<Member>;
  /** Ends the access of a project, by its id or its name, at once. */
  remove(caller: Caller, imageId: string, memberId: string): Promise<void>;
}

export function membersService({
  database,
  quotas,
  policy,
  recipients,
  events,
  clock,
}: MembersOptions): Members {
  const add = (caller: Caller, imageId: string, projectId: string): Promise<Member> =>
    database.transaction(async (db) => {
      const seen = await getSharedImage(db, caller, imageId, policy);
      checkMay(policy, 'add_member', caller, seen);
      const limits = await quotas.limitsOf(db, seen.image.owner);
      checkLimit((await countMembers(db, imageId)) + 1, limits.members, 'members');
      const member = newMember(imageId, projectId, clock());
      if (!(await insertMember(db, seen.image, member))) throw memberExists(member);
      await events.record(db, memberEvent('image.member.create', member));
      return member;
    });

  const remove = (caller: Caller, imageId: string, projectId: string): Promise<void> =>
    database.transaction(async (db) => {
      const seen = await getSharedImage(db, caller, imageId, policy);
      const member = await getKnownMember(db, { caller, seen, projectId }, policy);
      checkMay(policy, 'delete_member', caller, seen);
      await deleteMember(db, member);
      await events.record(db, memberDeleteEvent(member, clock()));
    });

  async function show(caller: Caller, imageId: string, projectId: string): Promise<Member> {
    const seen = await getSeenImage(database.read, caller, imageId, policy);
    // The one call of this resource whose denials are all of the same kind: nothing is there.
    if (seen.image.visibility !== 'shared') throw memberNotFound(imageId, projectId);
    return getKnownMember(database.read, { caller, seen, projectId }, policy);
  }

  const answer = (
    caller: Caller,
    imageId: string,
    projectId: string,
    readStatus: () => MemberStatus,
  ): Promise<Member> =>
    database.transaction(async (db) => {
      const seen = await getSharedImage(db, caller, imageId, policy);
      const member = await getKnownMember(db, { caller, seen, projectId }, policy);
      if (!mayAnswer(seen, projectId, caller, policy)) {
        throw new DomainError('NotPermitted', 'Only the invited project may set its status.');
      }
      const answered: Member = { ...member, status: readStatus(), updatedAt: clock() };
      await updateMember(db, answered);
      await events.record(db, memberEvent('image.member.update', answered));
      return answered;
    });

  const byIdOrName = memberLookup({ database, policy, recipients });

  return {
    async add(caller, imageId, memberId) {
      // Before anybody is asked for a name, which may take long.
      const seen = await getSharedImage(database.read, caller, imageId, policy);
      checkMay(policy, 'add_member', caller, seen);
      const { projectId, found } = await recipients.find(caller, memberId);
      return { member: await add(caller, imageId, projectId), found };
    },

    async list(caller, imageId) {
      const seen = await getSharedImage(database.read, caller, imageId, policy);
      checkMay(policy, 'get_members', caller, seen);
      if (seesAllMembers(seen.image, caller)) return listMembers(database.read, imageId);
      const own = await findMember(database.read, imageId, caller.projectId ?? '');
      return own ? [own] : [];
    },

    show: (caller, imageId, memberId) =>
      byIdOrName({ caller, imageId, memberId }, (projectId) => show(caller, imageId, projectId)),

    answer: (caller, imageId, memberId, readStatus) =>
      byIdOrName({ caller, imageId, memberId }, (projectId) =>
        answer(caller, imageId, projectId, readStatus),
      ),

    remove: (caller, imageId, memberId) =>
      byIdOrName({ caller, imageId, memberId }, (projectId) => remove(caller, imageId, projectId)),
  };
}

function newMember(imageId: string, projectId: string, now: Date): Member {
  return { imageId, projectId, status: 'pending', createdAt: now, updatedAt: now };
}

interface AskedMember {
  readonly caller: Caller;
  readonly seen: SeenImage;
  readonly projectId: string;
}

/** @throws DomainError `MemberNotFound`, also for a row that the caller may not know of. */
async function getKnownMember(
  db: Connection,
  { caller, seen, projectId }: AskedMember,
  policy: Policy,
): Promise<Member> {
  const known = maySeeMember(seen, projectId, caller, policy);
  const member = known ? await findMember(db, seen.image.id, projectId) : undefined;
  if (!member) throw memberNotFound(seen.image.id, projectId);
  return member;
}

function checkMay(
  policy: Policy,
  action: Action,
  caller: Caller,
  { image, membership }: SeenImage,
): void {
  if (policy.allows(action, caller, { ...image, membership })) return;
  throw new DomainError(
    'NotPermitted',
    'Only the owner of an image manages whom it is shared with.',
  );
}

function memberNotFound(imageId: string, projectId: string): DomainError {
  return new DomainError(
    'MemberNotFound',
    `${projectId.slice(0, 255)} is not in the list of members of image ${imageId}.`,
  );
}

function memberExists(member: Member): DomainError {
  return new DomainError(
    'MemberExists',
    `member: ${member.projectId} is already a member of image ${member.imageId}.`,
  );
}
