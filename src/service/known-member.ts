import type { Connection } from '../database/database.ts';
import { findMember } from '../database/members.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { type Member, maySeeMember, type SeenImage } from '../domain/member.ts';
import type { Action, Policy } from '../domain/policy.ts';

export interface AskedMember {
  readonly caller: Caller;
  readonly seen: SeenImage;
  readonly projectId: string;
}

/** @throws DomainError `MemberNotFound`, also for a row that the caller may not know of. */
export async function getKnownMember(
  db: Connection,
  { caller, seen, projectId }: AskedMember,
  policy: Policy,
): Promise<Member> {
  const known = maySeeMember(seen, projectId, caller, policy);
  const member = known ? await findMember(db, seen.image.id, projectId) : undefined;
  if (!member) throw memberNotFound(seen.image.id, projectId);
  return member;
}

/** @throws DomainError `NotPermitted` */
export function checkMay(
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

/** The refusal of a member that is not there, or not for this caller. */
export function memberNotFound(imageId: string, projectId: string): DomainError {
  return new DomainError(
    'MemberNotFound',
    `${projectId.slice(0, 255)} is not in the list of members of image ${imageId}.`,
  );
}
