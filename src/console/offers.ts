import { createContext, useContext } from 'react';
import type { Session } from '../client/session.ts';
import { answerOffersOf, getOfferPage, type OfferBody } from '../client/sharing.ts';
import { forgetImages } from './image-memory.ts';
import type { Page } from './page-list.ts';
import type { OfferStatus } from './place.ts';

/** One page of what others share with the project. @throws ApiError */
export async function loadOffers(
  session: Session,
  status: OfferStatus,
  marker: string | undefined,
): Promise<Page<OfferBody>> {
  const { offers, next } = await getOfferPage(session, { state: status, limit: 200, marker });
  return { rows: offers, next };
}

/** More are not counted. */
const mostCounted = 100;

/** The images that wait for an answer, the newest first, up to a hundred. @throws ApiError */
export async function waitingImages(session: Session): Promise<readonly string[]> {
  const { offers } = await getOfferPage(session, { state: 'pending', limit: mostCounted });
  return offers.map(({ image }) => image.id);
}

/** Answers an offer; an answer can be changed at any time. @throws Error in the service's words */
export async function answer(session: Session, imageId: string, status: OfferStatus) {
  const [result] = await answerOffersOf(session, [imageId], status);
  if (typeof result?.error === 'string') throw new Error(result.error);
  forgetImages(session);
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
