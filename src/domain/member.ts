import type { Caller } from './caller.ts';
import { DomainError } from './errors.ts';
import type { Image } from './image.ts';
import type { Policy } from './policy.ts';
import type { Visible } from './visibility.ts';

/** What the consumer decided about an image that is shared with it. */
export const memberStatuses = ['pending', 'accepted', 'rejected'] as const;

export type MemberStatus = (typeof memberStatuses)[number];

/** A project that an image is shared with. */
export interface Member {
  readonly imageId: string;
  /** The consumer; any text of 1 to 255 characters, since the wire does not demand an existing project. */
  readonly projectId: string;
  readonly status: MemberStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What decides whether a caller sees an image. */
export interface Sight {
  readonly image: Visible;
  /** The caller's own answer; undefined when its project is no member. */
  readonly membership: MemberStatus | undefined;
}

/** An image as one caller stands to it. */
export interface SeenImage extends Sight {
  readonly image: Image;
}

/** The document of an image, JSON, as one caller stands to it. */
export interface SeenDocument extends Sight {
  readonly document: string;
}

/**
 * Refuses an image that has no members because it is not shared; admins are bound by this too.
 *
 * @throws DomainError `ImageNotShared`
 */
export function checkShared(image: Image): void {
  if (image.visibility !== 'shared') {
    throw new DomainError(
      'ImageNotShared',
      `Only shared images have members; image ${image.id} is ${image.visibility}.`,
    );
  }
}

/**
 * Whether the caller may know of the member row of `projectId`: a consumer knows only of its own.
 *
 * @see Images API v2, "Show image member details"
 */
export function maySeeMember(
  seen: SeenImage,
  projectId: string,
  caller: Caller,
  policy: Policy,
): boolean {
  const target = { ...seen.image, membership: seen.membership };
  if (!policy.allows('get_member', caller, target)) return false;
  return seesAllMembers(seen.image, caller) || caller.projectId === projectId;
}

/** Whether the caller is shown every member: owner and admin are, a consumer sees itself alone. */
export function seesAllMembers(image: Image, caller: Caller): boolean {
  return caller.roles.has('admin') || (image.owner !== null && image.owner === caller.projectId);
}

/**
 * Whether the caller may set the answer of `projectId`: the consumer its own, an admin any.
 * The owner invites and withdraws but never answers for the consumer.
 *
 * @see Images API v2, "Update image member"
 */
export function mayAnswer(
  seen: SeenImage,
  projectId: string,
  caller: Caller,
  policy: Policy,
): boolean {
  const target = { ...seen.image, membership: seen.membership };
  if (!policy.allows('modify_member', caller, target)) return false;
  return caller.roles.has('admin') || caller.projectId === projectId;
}

/** Whether `text` is an answer. */
export function isMemberStatus(text: unknown): text is MemberStatus {
  return memberStatuses.some((status) => status === text);
}
