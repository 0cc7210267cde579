import type { MemberDocument } from '../api/member-document.ts';
import { imagePath } from './images.ts';
import type { Session } from './session.ts';

/** Offers an image to a project, which may open it by its id from then on. @throws ApiError @see Images API v2, "Create image member" */
export async function addMember(
  session: Session,
  imageId: string,
  projectId: string,
): Promise<MemberDocument> {
  const answer = await session.call('image', {
    method: 'POST',
    path: `${imagePath(imageId)}/members`,
    body: { member: projectId },
  });
  return answer as MemberDocument;
}

/** What became of an offer to whatever was typed. */
export interface Offered {
  /** Whom it was offered to, by its id. */
  readonly projectId: string;
  /** False when nobody knows such a project: the offer stands, and reaches nobody until there is one. */
  readonly isKnown: boolean;
}

/** Offers an image to the project of that id or exact name. @throws ApiError 409 when it was offered before */
export async function offerImage(
  session: Session,
  imageId: string,
  project: string,
): Promise<Offered> {
  const answer = await session.send('image', {
    method: 'POST',
    path: `${imagePath(imageId)}/members`,
    body: { member: project },
  });
  const { member_id: projectId } = (await answer.json()) as MemberDocument;
  return { projectId, isKnown: answer.headers.get('x-vitrine-member') !== 'unknown-project' };
}

/** Everyone that an image is offered to; a consumer is shown itself alone. @throws ApiError @see Images API v2, "List image members" */
export async function listMembers(
  session: Session,
  imageId: string,
): Promise<readonly MemberDocument[]> {
  const answer = await session.call('image', { path: `${imagePath(imageId)}/members` });
  return (answer as { readonly members: readonly MemberDocument[] }).members;
}

/** A project's answer to an offered image. */
export interface MemberAnswer {
  readonly imageId: string;
  readonly projectId: string;
  readonly status: MemberDocument['status'];
}

/** Answers as the project that the image is offered to. @throws ApiError @see Images API v2, "Update image member" */
export async function answerOffer(
  session: Session,
  { imageId, projectId, status }: MemberAnswer,
): Promise<MemberDocument> {
  const request = {
    method: 'PUT',
    path: memberPath(imageId, projectId),
    body: { status },
  } as const;
  return (await session.call('image', request)) as MemberDocument;
}

/** Withdraws an offer: the project can no longer open the image. @throws ApiError @see Images API v2, "Delete image member" */
export async function removeMember(
  session: Session,
  imageId: string,
  projectId: string,
): Promise<void> {
  await session.call('image', { method: 'DELETE', path: memberPath(imageId, projectId) });
}

function memberPath(imageId: string, projectId: string): string {
  return `${imagePath(imageId)}/members/${encodeURIComponent(projectId)}`;
}
