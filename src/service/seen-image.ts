import type { Connection } from '../database/database.ts';
import { findDocument } from '../database/image-documents.ts';
import { findImage } from '../database/images.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { checkShared, type SeenImage, type Sight } from '../domain/member.ts';
import type { Policy } from '../domain/policy.ts';
import { isVisible } from '../domain/visibility.ts';

/**
 * The image, if it exists for the caller. An image that may not be seen is refused in the words of
 * one that is not there, so that nothing tells the two apart.
 *
 * @throws DomainError `ImageNotFound`
 */
export async function getSeenImage(
  db: Connection,
  caller: Caller,
  imageId: string,
  policy: Policy,
): Promise<SeenImage> {
  const seen = await findImage(db, imageId, caller.projectId);
  if (!seen || !maySee(seen, caller, policy)) throw imageNotFound(imageId);
  return seen;
}

/**
 * The document of the image, if it exists for the caller.
 *
 * @throws DomainError `ImageNotFound`
 */
export async function getSeenDocument(
  db: Connection,
  caller: Caller,
  imageId: string,
  policy: Policy,
): Promise<string> {
  const seen = await findDocument(db, imageId, caller.projectId);
  if (!seen || !maySee(seen, caller, policy)) throw imageNotFound(imageId);
  return seen.document;
}

/**
 * The image, if it exists for the caller and has members.
 *
 * @throws DomainError `ImageNotFound`, `ImageNotShared`
 */
export async function getSharedImage(
  db: Connection,
  caller: Caller,
  imageId: string,
  policy: Policy,
): Promise<SeenImage> {
  const seen = await getSeenImage(db, caller, imageId, policy);
  checkShared(seen.image);
  return seen;
}

/** Whether the image exists for the caller. */
export function maySee({ image, membership }: Sight, caller: Caller, policy: Policy): boolean {
  const { owner, visibility } = image;
  return (
    isVisible(image, membership, caller) &&
    policy.allows('get_image', caller, { owner, visibility, membership })
  );
}

/** The refusal of an image that is not there, or not for this caller. */
export function imageNotFound(imageId: string): DomainError {
  return new DomainError('ImageNotFound', `No image found with ID ${imageId.slice(0, 255)}`);
}
