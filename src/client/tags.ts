import { imagePath } from './images.ts';
import type { Session } from './session.ts';

/** Adds a tag; no change when it is there. @throws ApiError @see Images API v2, "Image tags" */
export async function addTag(session: Session, imageId: string, tag: string): Promise<void> {
  await session.call('image', { method: 'PUT', path: tagPath(imageId, tag) });
}

/** Removes a tag. @throws ApiError 404 when it is not there. @see Images API v2, "Image tags" */
export async function removeTag(session: Session, imageId: string, tag: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: tagPath(imageId, tag) });
}

function tagPath(imageId: string, tag: string): string {
  return `${imagePath(imageId)}/tags/${encodeURIComponent(tag)}`;
}
