import type { Database } from '../database/database.ts';
import { findMember, listMembers } from '../database/members.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { type Member, type MemberStatus, mayAnswer, seesAllMembers } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import type { Recipient } from '../domain/recipient.ts';
import { actorOf } from '../domain/share-log.ts';
import { checkMay, getKnownMember, memberNotFound } from './known-member.ts';
import { memberLookup } from './member-lookup.ts';
import type { Recipients } from './recipients.ts';
import { getSeenImage, getSharedImage } from './seen-image.ts';
import type { ShareChanges } from './share-changes.ts';

export interface MembersOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly recipients: Recipients;
  readonly changes: ShareChanges;
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

export function membersService({ database, policy, recipients, changes }: MembersOptions): Members {
  const add = (caller: Caller, imageId: string, projectId: string): Promise<Member> =>
    database.transaction(async (db) => {
      const seen = await getSharedImage(db, caller, imageId, policy);
      checkMay(policy, 'add_member', caller, seen);
      return changes.offer(db, seen.image, { projectId, by: actorOf(caller) });
    });

  const remove = (caller: Caller, imageId: string, projectId: string): Promise<void> =>
    database.transaction(async (db) => {
      const seen = await getSharedImage(db, caller, imageId, policy);
      const member = await getKnownMember(db, { caller, seen, projectId }, policy);
      checkMay(policy, 'delete_member', caller, seen);
      await changes.end(db, seen.image, { member, how: 'withdrawn', by: actorOf(caller) });
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
      const answered = { member, status: readStatus(), by: actorOf(caller) };
      return changes.answer(db, seen.image, answered);
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
