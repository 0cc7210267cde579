import { type Static, Type } from 'typebox';
import { type Offer, type OfferState, offerStates, stateOf } from '../../domain/share.ts';
import {
  ImageId,
  NamedProject,
  NoteText,
  nextMarker,
  nullable,
  pageQuery,
  Time,
} from './fields.ts';
import { operation } from './operation.ts';

const tag = 'inbox';

/** An offer as its consumer sees it. */
export const OfferDocument = Type.Object({
  image: Type.Object({
    id: Type.String(),
    name: nullable(Type.String()),
    status: Type.String(),
    size: nullable(Type.Integer({ description: 'Bytes' })),
    disk_format: nullable(Type.String()),
    container_format: nullable(Type.String()),
    os_hash_value: nullable(Type.String()),
  }),
  producer: NamedProject,
  state: Type.Enum([...offerStates]),
  note: nullable(NoteText),
  offered_at: Time,
  answered_at: nullable(Time),
  expires_at: nullable(Time),
  withdrawal: nullable(Type.String({ description: 'Why the owner withdraws it at its end.' })),
});

const State = Type.Enum([...offerStates]);

export const listInbox = operation({
  id: 'listInbox',
  method: 'GET',
  path: '/vitrine/v1/inbox',
  tag,
  summary: 'What others offer this project, the newest first; what is pending unless asked',
  query: Type.Object(
    { state: Type.Optional(Type.Enum([...offerStates, 'all'])), ...pageQuery },
    { additionalProperties: false },
  ),
  answer: Type.Object({ offers: Type.Array(OfferDocument), next: nextMarker }),
});

export const answerOffers = operation({
  id: 'answerOffers',
  method: 'POST',
  path: '/vitrine/v1/inbox/answers',
  tag,
  summary: 'Accepts, rejects or sets aside offers, one or many',
  body: Type.Object(
    {
      images: Type.Array(ImageId, { minItems: 1, maxItems: 100 }),
      answer: State,
      all_or_nothing: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  answer: Type.Object({
    results: Type.Array(
      Type.Object({
        image_id: Type.String(),
        state: nullable(State),
        error: nullable(Type.String()),
      }),
    ),
  }),
});

export const leaveShare = operation({
  id: 'leaveShare',
  method: 'DELETE',
  path: '/vitrine/v1/inbox/{imageId}',
  tag,
  summary: 'Leaves a share: this project is a member no more',
});

export const listMutes = operation({
  id: 'listMutes',
  method: 'GET',
  path: '/vitrine/v1/mutes',
  tag,
  summary: 'The producers whose offers this project does not want to see',
  answer: Type.Object({
    mutes: Type.Array(Type.Object({ producer: NamedProject, muted_at: Time })),
  }),
});

export const mute = operation({
  id: 'mute',
  method: 'PUT',
  path: '/vitrine/v1/mutes/{producerId}',
  tag,
  summary: 'Mutes a producer: its offers are neither shown nor told of',
});

export const unmute = operation({
  id: 'unmute',
  method: 'DELETE',
  path: '/vitrine/v1/mutes/{producerId}',
  tag,
  summary: 'Hears a producer again',
});

/** The states that a query asks for. */
export function statesOf(state: OfferState | 'all' | undefined): readonly OfferState[] {
  return state === 'all' ? offerStates : [state ?? 'pending'];
}

/** Writes an offer as its document. */
export function offerDocument(
  { image, share }: Offer,
  names: ReadonlyMap<string, string>,
): Static<typeof OfferDocument> {
  return {
    image: {
      id: image.id,
      name: image.name,
      status: image.status,
      size: image.size,
      disk_format: image.diskFormat,
      container_format: image.containerFormat,
      os_hash_value: image.osHashValue,
    },
    producer: { id: image.owner, name: names.get(image.owner ?? '') ?? null },
    state: stateOf(share),
    note: share.note,
    offered_at: share.createdAt.toISOString(),
    answered_at: share.status === 'pending' ? null : share.updatedAt.toISOString(),
    expires_at: share.expiresAt?.toISOString() ?? null,
    withdrawal: share.withdrawal,
  };
}
