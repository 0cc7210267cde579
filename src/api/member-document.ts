import { DomainError } from '../domain/errors.ts';
import { isMemberStatus, type Member, type MemberStatus } from '../domain/member.ts';
import { wireTime } from './image-document.ts';
import { checkCharacters, type JsonObject } from './json-body.ts';

/** A member as the wire shows it: these six keys, always. */
export interface MemberDocument {
  readonly member_id: string;
  readonly image_id: string;
  readonly status: MemberStatus;
  readonly created_at: string;
  readonly updated_at: string;
  readonly schema: '/v2/schemas/member';
}

/** Writes a member as its document. @see Images API v2, "Show image member details" */
export function memberDocument(member: Member): MemberDocument {
  return {
    member_id: member.projectId,
    image_id: member.imageId,
    status: member.status,
    created_at: wireTime(member.createdAt),
    updated_at: wireTime(member.updatedAt),
    schema: '/v2/schemas/member',
  };
}

/** Writes the members of an image as the document of their list. @see Images API v2, "List image members" */
export function memberListDocument(members: readonly Member[]) {
  return { members: members.map(memberDocument), schema: '/v2/schemas/members' } as const;
}

const maxMemberIdLength = 255;

/**
 * Reads whom to share with: `{"member": "<project>"}`; other keys are ignored.
 *
 * @throws DomainError `InvalidRequest`
 */
export function parseNewMember(body: JsonObject): string {
  const { member } = body as { readonly member?: unknown };
  if (typeof member !== 'string' || member === '') {
    throw new DomainError('InvalidRequest', 'member: the id of a project is wanted, as text.');
  }
  if (member.length > maxMemberIdLength) {
    throw new DomainError(
      'InvalidRequest',
      `member: at most ${maxMemberIdLength} characters, not ${member.length}.`,
    );
  }
  checkCharacters(member, 'member');
  return member;
}

/**
 * Reads that a status is there at all; whether it is one of the three is asked last (`parseMemberStatus`),
 * since who may answer is checked before.
 *
 * @throws DomainError `InvalidRequest`
 */
export function parseAnswer(body: JsonObject): unknown {
  const { status } = body as { readonly status?: unknown };
  if (status === undefined) {
    throw new DomainError('InvalidRequest', 'status: pending, accepted or rejected is wanted.');
  }
  return status;
}

/**
 * Reads an answer to an offered image.
 *
 * @throws DomainError `InvalidRequest`
 */
export function parseMemberStatus(status: unknown): MemberStatus {
  if (isMemberStatus(status)) return status;
  throw new DomainError('InvalidRequest', 'status: must be pending, accepted or rejected.');
}
