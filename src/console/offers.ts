import { createContext, useContext } from 'react';
import { getRequestPage } from '../client/access.ts';
import type { Session } from '../client/session.ts';
import { answerOffersOf, getOfferPage, type OfferBody } from '../client/sharing.ts';
import { forgetImages } from './image-memory.ts';
import { type Heard, nothingHeard } from './news.ts';
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

/** How many requests of others wait for the project's answer, up to a hundred. @throws ApiError */
export async function countRequests(session: Session): Promise<number> {
  return (await getRequestPage(session, 'received', { limit: mostCounted })).requests.length;
}

/** How much waits for an answer, and what else was heard of. */
export interface Waiting {
  /** Offers; undefined until it is known. */
  readonly count: number | undefined;
  /** Requests of others; undefined until it is known. */
  readonly requests: number | undefined;
  /** Another number whenever offers have come or gone. */
  readonly version: number;
  readonly heard: Heard;
  /** Looks now. */
  readonly look: () => void;
}

const WaitingContext = createContext<Waiting>({
  count: undefined,
  requests: undefined,
  version: 0,
  heard: nothingHeard,
  look: () => undefined,
});

export const WaitingProvider = WaitingContext.Provider;

export function useWaiting(): Waiting {
  return useContext(WaitingContext);
}
