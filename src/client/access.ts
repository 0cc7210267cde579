import type { Static } from 'typebox';
import type { RuleDocument } from '../api/vitrine/accept-rules.ts';
import type {
  ListedDocument,
  listAccessRequests,
  listCatalogue as listCatalogueOperation,
  RequestDocument,
} from '../api/vitrine/requests.ts';
import type { Session } from './session.ts';
import type { ShareTermsBody } from './sharing.ts';

const root = '/vitrine/v1';

/** A request for access. */
export type RequestBody = Static<typeof RequestDocument>;

/** An image that everybody may ask for. */
export type ListedBody = Static<typeof ListedDocument>;

/** A rule by which offers are accepted at once. */
export type RuleBody = Static<typeof RuleDocument>;

/** Asks for an image by its id. @throws ApiError */
export async function askForImage(
  session: Session,
  imageId: string,
  reason: string,
): Promise<RequestBody> {
  const body = { image_id: imageId, reason };
  return (await post(session, `${root}/requests`, body)) as RequestBody;
}

/** What part of a list is asked for. */
export interface PageQuery {
  /** At most 500. */
  readonly limit?: number;
  readonly marker?: string | undefined;
}

/** One page of the requests that the session's project made, or that wait for its answer, the newest first. @throws ApiError */
export async function getRequestPage(
  session: Session,
  side: 'made' | 'received',
  page: PageQuery = {},
): Promise<Static<NonNullable<typeof listAccessRequests.answer>>> {
  const path = `${root}/requests?side=${side}&${pageText(page)}`;
  return (await session.call('image', { path })) as Static<
    NonNullable<typeof listAccessRequests.answer>
  >;
}

/** The newest requests that the session's project made, or that wait for its answer. @throws ApiError */
export async function listRequests(
  session: Session,
  side: 'made' | 'received',
): Promise<readonly RequestBody[]> {
  return (await getRequestPage(session, side)).requests;
}

/** Shares the image with the project that asked. @throws ApiError */
export async function approveRequest(
  session: Session,
  id: string,
  terms: ShareTermsBody,
): Promise<RequestBody> {
  return (await post(session, `${pathOf('requests', id)}/approval`, terms)) as RequestBody;
}

/** Says no. @throws ApiError */
export async function declineRequest(
  session: Session,
  id: string,
  word: string | null,
): Promise<RequestBody> {
  return (await post(session, `${pathOf('requests', id)}/refusal`, { word })) as RequestBody;
}

/** Takes an own request back. @throws ApiError */
export async function withdrawRequest(session: Session, id: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: pathOf('requests', id) });
}

/** One page of the images that may be asked for, the newest first. @throws ApiError */
export async function getCataloguePage(
  session: Session,
  page: PageQuery = {},
): Promise<Static<NonNullable<typeof listCatalogueOperation.answer>>> {
  const path = `${root}/catalogue?${pageText(page)}`;
  return (await session.call('image', { path })) as Static<
    NonNullable<typeof listCatalogueOperation.answer>
  >;
}

/** The newest images that may be asked for. @throws ApiError */
export async function listCatalogue(session: Session): Promise<readonly ListedBody[]> {
  return (await getCataloguePage(session)).images;
}

/** Lists an image for everybody to ask for. @throws ApiError */
export async function listInCatalogue(
  session: Session,
  imageId: string,
  summary: string | null,
): Promise<void> {
  const request = { method: 'PUT', path: pathOf('catalogue', imageId), body: { summary } } as const;
  await session.call('image', request);
}

/** Lists an image no more. @throws ApiError */
export async function removeFromCatalogue(session: Session, imageId: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: pathOf('catalogue', imageId) });
}

/** The rules of the session's project. @throws ApiError */
export async function listAcceptRules(session: Session): Promise<readonly RuleBody[]> {
  const path = `${root}/accept-rules`;
  return ((await session.call('image', { path })) as { rules: RuleBody[] }).rules;
}

/** What a rule accepts. */
export interface RuleDraftBody {
  readonly producer: string;
  readonly name: string | null;
  readonly family: string | null;
  readonly expires_at: string | null;
}

/** Accepts what a producer offers from now on. @throws ApiError */
export async function addAcceptRule(session: Session, rule: RuleDraftBody): Promise<RuleBody> {
  return (await post(session, `${root}/accept-rules`, rule)) as RuleBody;
}

/** Takes a rule away. @throws ApiError */
export async function removeAcceptRule(session: Session, id: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: pathOf('accept-rules', id) });
}

function pageText({ limit = 500, marker }: PageQuery): string {
  const query = { limit: String(limit), ...(marker !== undefined && { marker }) };
  return new URLSearchParams(query).toString();
}

function post(session: Session, path: string, body: unknown): Promise<unknown> {
  return session.call('image', { method: 'POST', path, body });
}

function pathOf(...parts: readonly string[]): string {
  return [root, ...parts.map(encodeURIComponent)].join('/');
}
