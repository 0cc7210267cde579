import { createContext, useContext } from 'react';
import { getImagePage, type ImageBody } from '../client/images.ts';
import { answerOffer } from '../client/members.ts';
import type { Session } from '../client/session.ts';
import type { Page } from './page-list.ts';
import type { OfferStatus } from './place.ts';

/** One page of what others share with the project. @throws ApiError */
export async function loadOffers(
  session: Session,
  { status, projectId }: { readonly status: OfferStatus; readonly projectId: string },
  marker: string | undefined,
): Promise<Page<ImageBody>> {
  const { images, next } = await getImagePage(session, {
    visibility: 'shared',
    member_status: status,
    limit: '200',
    ...(marker !== undefined && { marker }),
  });
  // The API lists what the project itself shares with it.
  const rows = images.filter(({ owner }) => owner !== projectId);
  return { rows, next: next === undefined ? undefined : images.at(-1)?.id };
}

/** Answers an offer; an answer can be changed at any time. @throws ApiError */
export async function answer(session: Session, imageId: string, status: OfferStatus) {
  await answerOffer(session, { imageId, projectId: await session.projectId(), status });
}

/** How many offers wait for an answer. */
export interface Waiting {
  /** Undefined until it is known. */
  readonly count: number | undefined;
  /** Another number whenever something is new. */
  readonly version: number;
  /** Looks now. */
  readonly look: () => void;
}

const WaitingContext = createContext<Waiting>({
  count: undefined,
  version: 0,
  look: () => undefined,
});

export const WaitingProvider = WaitingContext.Provider;

export function useWaiting(): Waiting {
  return useContext(WaitingContext);
}
