import type { Static } from 'typebox';
import type { answerOffers, listInbox, listMutes, OfferDocument } from '../api/vitrine/inbox.ts';
import type { ReaderDocument } from '../api/vitrine/readers.ts';
import type { ShareDocument } from '../api/vitrine/shares.ts';
import { readEvents, type StreamedEvent } from './event-stream.ts';
import type { Session } from './session.ts';

const root = '/vitrine/v1';

/** An offer as its consumer sees it. */
export type OfferBody = Static<typeof OfferDocument>;

/** A share as its owner sees it. */
export type ShareBody = Static<typeof ShareDocument>;

/** Where offers lie. */
export type OfferStateName = OfferBody['state'];

type InboxPage = Static<NonNullable<typeof listInbox.answer>>;

/** What came of each answer. */
export type AnswerResults = Static<NonNullable<typeof answerOffers.answer>>['results'];

/** Which offers to list. */
export interface OfferQuery {
  readonly state: OfferStateName | 'all';
  /** At most 500. */
  readonly limit?: number;
  readonly marker?: string | undefined;
}

/** One page of what others offer the session's project, the newest first. @throws ApiError */
export async function getOfferPage(
  session: Session,
  { state, limit = 500, marker }: OfferQuery,
): Promise<InboxPage> {
  const query = new URLSearchParams({ state, limit: String(limit), ...(marker && { marker }) });
  return (await session.call('image', { path: `${root}/inbox?${query.toString()}` })) as InboxPage;
}

/** What others offer the session's project, the newest first, page after page as they are read. @throws ApiError */
export async function* listOffers(
  session: Session,
  state: OfferStateName | 'all',
): AsyncGenerator<OfferBody> {
  let marker: string | undefined;
  do {
    const page = await getOfferPage(session, { state, marker });
    yield* page.offers;
    marker = page.next;
  } while (marker !== undefined);
}

/** Answers offers of these images; at most 100 at once. @throws ApiError */
export async function answerOffersOf(
  session: Session,
  images: readonly string[],
  answer: OfferStateName,
): Promise<AnswerResults> {
  const request = {
    method: 'POST',
    path: `${root}/inbox/answers`,
    body: { images, answer },
  } as const;
  return ((await session.call('image', request)) as { results: AnswerResults }).results;
}

/** Leaves a share. @throws ApiError */
export async function leaveShare(session: Session, imageId: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: pathOf('inbox', imageId) });
}

/** Whom the session's project has muted. @throws ApiError */
export async function listMuted(session: Session) {
  const answer = await session.call('image', { path: `${root}/mutes` });
  return (answer as Static<NonNullable<typeof listMutes.answer>>).mutes;
}

/** Mutes a producer, or hears it again. @throws ApiError */
export async function setMuted(
  session: Session,
  producerId: string,
  muted: boolean,
): Promise<void> {
  const method = muted ? 'PUT' : 'DELETE';
  await session.call('image', { method, path: pathOf('mutes', producerId) });
}

/** Whom an image is shared with, and what is said of it. @throws ApiError */
export async function listShares(session: Session, imageId: string): Promise<readonly ShareBody[]> {
  const answer = await session.call('image', { path: pathOf('shares', imageId) });
  return (answer as { readonly shares: readonly ShareBody[] }).shares;
}

/** Somebody who can read an image. */
export type ReaderBody = Static<typeof ReaderDocument>;

/** Who can read an image, and by which rule. @throws ApiError */
export async function listReaders(
  session: Session,
  imageId: string,
): Promise<readonly ReaderBody[]> {
  const answer = await session.call('image', { path: `${pathOf('images', imageId)}/readers` });
  return (answer as { readonly readers: readonly ReaderBody[] }).readers;
}

/** What is said of a share. */
export interface ShareTermsBody {
  readonly note?: string | null | undefined;
  /** ISO 8601 with its zone. */
  readonly expires_at?: string | null | undefined;
}

/** Shares an image with a project, or says something else of the share. @throws ApiError */
export async function putShare(
  session: Session,
  { imageId, project }: { readonly imageId: string; readonly project: string },
  terms: ShareTermsBody,
): Promise<ShareBody> {
  return (await shareImage(session, { imageId, project }, terms)).share;
}

/** What became of a share with whatever was typed. */
export interface ShareOutcome {
  readonly share: ShareBody;
  /** False when nobody knows such a project: the share stands, and reaches nobody until there is one. */
  readonly isKnown: boolean;
}

/** Shares an image as `putShare` does, and tells whether there is such a project. @throws ApiError */
export async function shareImage(
  session: Session,
  { imageId, project }: { readonly imageId: string; readonly project: string },
  terms: ShareTermsBody,
): Promise<ShareOutcome> {
  const request = { method: 'PUT', path: pathOf('shares', imageId, project), body: terms } as const;
  const answer = await session.send('image', request);
  const share = (await answer.json()) as ShareBody;
  return { share, isKnown: answer.headers.get('x-vitrine-member') !== 'unknown-project' };
}

/** What happens to the shares of the session's project, as it happens. @throws ApiError */
export async function* listenToShares(
  session: Session,
  signal: AbortSignal,
): AsyncGenerator<StreamedEvent> {
  const { body } = await session.send('image', { path: `${root}/events`, signal });
  if (body) yield* readEvents(body);
}

/** Which shares are withdrawn; at least one of the first three. */
export interface WithdrawalBody {
  readonly images?: readonly string[];
  /** By id or name. */
  readonly members?: readonly string[];
  readonly all?: boolean;
  /** ISO 8601; null for now. */
  readonly at?: string | null;
  readonly reason?: string;
}

/** Withdraws shares, in calls of 500, and tells how many. @throws ApiError */
export async function withdrawShares(session: Session, body: WithdrawalBody): Promise<number> {
  const request = { method: 'POST', path: `${root}/shares/withdrawals`, body } as const;
  for (let count = 0; ; ) {
    const { withdrawn, more } = (await session.call('image', request)) as {
      readonly withdrawn: number;
      readonly more: boolean;
    };
    count += withdrawn;
    if (!more) return count;
  }
}

/** Who would be hit by a withdrawal: at most 500 shares, and whether there are more. @throws ApiError */
export async function previewWithdrawal(
  session: Session,
  body: WithdrawalBody,
): Promise<{ readonly shares: readonly ShareBody[]; readonly more: boolean }> {
  return (await session.call('image', {
    method: 'POST',
    path: `${root}/shares/withdrawals`,
    body: { ...body, dry_run: true },
  })) as { readonly shares: readonly ShareBody[]; readonly more: boolean };
}

/** Says when a share will be withdrawn, and why. @throws ApiError */
export async function withdrawShare(
  session: Session,
  { imageId, project }: { readonly imageId: string; readonly project: string },
  announced: { readonly at: string; readonly reason: string },
): Promise<ShareBody> {
  const path = `${pathOf('shares', imageId, project)}/withdrawal`;
  return (await session.call('image', { method: 'POST', path, body: announced })) as ShareBody;
}

function pathOf(...parts: readonly string[]): string {
  return [root, ...parts.map(encodeURIComponent)].join('/');
}
