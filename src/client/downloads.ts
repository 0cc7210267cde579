import type { Session } from './session.ts';

/**
 * Where a browser fetches the data of an image without the token in a header, which its own downloads cannot send.
 * It is good for this browser alone, and not for long.
 *
 * @returns a path below the image service
 * @throws ApiError 404 when there is no such image for this project
 */
export async function downloadAddress(session: Session, imageId: string): Promise<string> {
  const id = encodeURIComponent(imageId);
  await session.call('image', { method: 'POST', path: `/vitrine/v1/images/${id}/download` });
  return `/vitrine/v1/downloads/${id}`;
}
