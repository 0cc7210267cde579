import { type Static, Type } from 'typebox';
import {
  type AccessRequest,
  type ListedImage,
  requestStates,
} from '../../domain/access-request.ts';
import {
  ImageId,
  NamedProject,
  NoteText,
  nextMarker,
  nullable,
  pageQuery,
  Terms,
  Time,
} from './fields.ts';
import { operation } from './operation.ts';

const tag = 'requests';

/** A request for access. */
export const RequestDocument = Type.Object({
  id: Type.String(),
  image_id: Type.String(),
  project: NamedProject,
  reason: Type.String(),
  state: Type.Enum([...requestStates]),
  word: nullable(Type.String({ description: 'What the owner said to it.' })),
  created_at: Time,
  answered_at: nullable(Time),
});

export const askForImage = operation({
  id: 'askForImage',
  method: 'POST',
  path: '/vitrine/v1/requests',
  tag,
  summary:
    'Asks for an image by its id; the answer is the same whether there is such an image or not',
  body: Type.Object({ image_id: ImageId, reason: NoteText }, { additionalProperties: false }),
  status: 202,
  answer: RequestDocument,
});

export const listAccessRequests = operation({
  id: 'listAccessRequests',
  method: 'GET',
  path: '/vitrine/v1/requests',
  tag,
  summary: 'Requests that this project made, or those that wait for its answer',
  query: Type.Object(
    { side: Type.Optional(Type.Enum(['made', 'received'])), ...pageQuery },
    { additionalProperties: false },
  ),
  answer: Type.Object({ requests: Type.Array(RequestDocument), next: nextMarker }),
});

export const approveRequest = operation({
  id: 'approveRequest',
  method: 'POST',
  path: '/vitrine/v1/requests/{requestId}/approval',
  tag,
  summary: 'Shares the image with the project that asked, which has accepted by asking',
  body: Terms,
  answer: RequestDocument,
});

export const declineRequest = operation({
  id: 'declineRequest',
  method: 'POST',
  path: '/vitrine/v1/requests/{requestId}/refusal',
  tag,
  summary: 'Says no, with a word to the project that asked',
  body: Type.Object({ word: Type.Optional(nullable(NoteText)) }, { additionalProperties: false }),
  answer: RequestDocument,
});

export const withdrawRequest = operation({
  id: 'withdrawRequest',
  method: 'DELETE',
  path: '/vitrine/v1/requests/{requestId}',
  tag,
  summary: 'Takes an own request back',
});

/** An image that everybody may ask for. */
export const ListedDocument = Type.Object({
  image: Type.Object({
    id: Type.String(),
    name: nullable(Type.String()),
    size: nullable(Type.Integer({ description: 'Bytes' })),
    disk_format: nullable(Type.String()),
  }),
  producer: NamedProject,
  summary: nullable(Type.String()),
  listed_at: Time,
});

export const listCatalogue = operation({
  id: 'listCatalogue',
  method: 'GET',
  path: '/vitrine/v1/catalogue',
  tag: 'catalogue',
  summary: 'The images that their owners list as to be asked for, the newest first',
  query: Type.Object({ ...pageQuery }, { additionalProperties: false }),
  answer: Type.Object({ images: Type.Array(ListedDocument), next: nextMarker }),
});

export const listImage = operation({
  id: 'listImage',
  method: 'PUT',
  path: '/vitrine/v1/catalogue/{imageId}',
  tag: 'catalogue',
  summary: 'Lists an image for everybody to find and to ask for',
  body: Type.Object(
    { summary: Type.Optional(nullable(NoteText)) },
    { additionalProperties: false },
  ),
});

export const unlistImage = operation({
  id: 'unlistImage',
  method: 'DELETE',
  path: '/vitrine/v1/catalogue/{imageId}',
  tag: 'catalogue',
  summary: 'Lists an image no more',
});

/** Writes a request as its document. */
export function requestDocument(
  request: AccessRequest,
  names: ReadonlyMap<string, string> = new Map(),
): Static<typeof RequestDocument> {
  return {
    id: request.id,
    image_id: request.imageId,
    project: { id: request.projectId, name: names.get(request.projectId) ?? null },
    reason: request.reason,
    state: request.state,
    word: request.word,
    created_at: request.createdAt.toISOString(),
    answered_at: request.answeredAt?.toISOString() ?? null,
  };
}

/** Writes a listed image as its document. */
export function listedDocument(
  listed: ListedImage,
  names: ReadonlyMap<string, string>,
): Static<typeof ListedDocument> {
  return {
    image: {
      id: listed.imageId,
      name: listed.name,
      size: listed.size,
      disk_format: listed.diskFormat,
    },
    producer: { id: listed.owner, name: names.get(listed.owner ?? '') ?? null },
    summary: listed.summary,
    listed_at: listed.listedAt.toISOString(),
  };
}
