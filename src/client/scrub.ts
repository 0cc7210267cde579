import type { Static } from 'typebox';
import type { DataStateDocument, ScrubDocument } from '../api/vitrine/scrub.ts';
import type { Session } from './session.ts';

/** How the data of all images is. @throws ApiError 403 for anyone but an admin. */
export async function getScrub(session: Session): Promise<Static<typeof ScrubDocument>> {
  return (await session.call('image', { path: '/vitrine/v1/scrub' })) as Static<
    typeof ScrubDocument
  >;
}

/** Looks at the data of an image now, and waits for what is found. @throws ApiError 403 for anyone but an admin, 404, 409 */
export async function scrubImage(
  session: Session,
  imageId: string,
): Promise<Static<typeof DataStateDocument>> {
  const path = `/vitrine/v1/images/${encodeURIComponent(imageId)}/scrub`;
  for (;;) {
    const found = (await session.call('image', { method: 'POST', path })) as Static<
      typeof DataStateDocument
    >;
    if (found.state !== 'running') return found;
  }
}
