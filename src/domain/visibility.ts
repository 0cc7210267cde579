import { type Caller, isAdmin } from './caller.ts';
import type { Image } from './image.ts';
import type { MemberStatus } from './member.ts';

/** Who may see an image. @see Images API v2, image visibility */
export const visibilities = ['public', 'private', 'shared', 'community'] as const;

export type Visibility = (typeof visibilities)[number];

/** What a listing asks for; `member_status` narrows only the images that are shared with the caller. */
export interface ListScope {
  /** `undefined` is the default list, which leaves the community images of others out. */
  readonly visibility: Visibility | 'all' | undefined;
  readonly memberStatus: MemberStatus | 'all';
}

/** The parts of an image that decide who sees it. */
export type Visible = Pick<Image, 'owner' | 'visibility'>;

/**
 * Whether `image` exists for `caller`, who has answered it with `membership` (undefined: no member).
 *
 * Any answer opens a shared image by id, a rejection too; memberships count only while it is shared.
 * An image without owner is hidden only while private.
 *
 * @see Images API v2, "Image visibility"; Glance's `is_image_visible`
 */
export function isVisible(
  image: Visible,
  membership: MemberStatus | undefined,
  caller: Caller,
): boolean {
  if (isAdmin(caller) || isOwner(image, caller)) return true;
  if (image.visibility === 'public' || image.visibility === 'community') return true;
  if (image.visibility !== 'shared') return false;
  return image.owner === null || membership !== undefined;
}

/**
 * Whether a listing by `caller` includes `image`, hidden images and filters aside.
 * `database/image-list.ts` says the same in SQL; a test over the whole table holds the two together.
 *
 * @see Images API v2, "List images", visibility and member_status
 */
export function isListed(
  image: Visible,
  membership: MemberStatus | undefined,
  caller: Caller,
  scope: ListScope,
): boolean {
  if (!hasKind(image, caller, scope.visibility)) return false;
  if (isAdmin(caller) || isOwner(image, caller)) return true;
  if (image.visibility === 'public' || image.visibility === 'community') return true;
  if (image.visibility !== 'shared' || membership === undefined) return false;
  return scope.memberStatus === 'all' || membership === scope.memberStatus;
}

/** Whether the caller's project owns the image; an image without owner is nobody's. */
export function isOwner(image: Visible, caller: Caller): boolean {
  return image.owner !== null && image.owner === caller.projectId;
}

function hasKind(image: Visible, caller: Caller, asked: ListScope['visibility']): boolean {
  if (asked === 'all') return true;
  if (asked !== undefined) return image.visibility === asked;
  return image.visibility !== 'community' || isOwner(image, caller);
}
