import type { Static } from 'typebox';
import type { ScrubDocument } from '../api/vitrine/scrub.ts';
import type { Session } from './session.ts';

/** How the data of all images is. @throws ApiError 403 for anyone but an admin. */
export async function getScrub(session: Session): Promise<Static<typeof ScrubDocument>> {
  return (await session.call('image', { path: '/vitrine/v1/scrub' })) as Static<
    typeof ScrubDocument
  >;
}
