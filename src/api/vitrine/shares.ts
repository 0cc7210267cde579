import { type Static, Type } from 'typebox';
import { memberStatuses } from '../../domain/member.ts';
import type { Share } from '../../domain/share.ts';
import { ImageId, NamedProject, NoteText, nullable, ProjectText, Terms, Time } from './fields.ts';
import { operation } from './operation.ts';

const tag = 'shares';

/** A share as its owner sees it. */
export const ShareDocument = Type.Object({
  image_id: Type.String(),
  member: NamedProject,
  status: Type.Enum([...memberStatuses]),
  note: nullable(Type.String()),
  offered_at: Time,
  answered_at: nullable(Time),
  expires_at: nullable(Time),
  withdrawal: nullable(Type.String({ description: 'Why the owner withdraws it at its end.' })),
  downloads: Type.Optional(
    Type.Object({ count: Type.Integer(), bytes: Type.Integer(), last_at: nullable(Time) }),
  ),
});

export const listShares = operation({
  id: 'listShares',
  method: 'GET',
  path: '/vitrine/v1/shares/{imageId}',
  tag,
  summary: 'Whom an image is shared with; a consumer is shown itself alone',
  answer: Type.Object({ shares: Type.Array(ShareDocument) }),
});

export const showShare = operation({
  id: 'showShare',
  method: 'GET',
  path: '/vitrine/v1/shares/{imageId}/{memberId}',
  tag,
  summary: 'One share, by the id or the exact name of its project',
  answer: ShareDocument,
});

export const putShare = operation({
  id: 'putShare',
  method: 'PUT',
  path: '/vitrine/v1/shares/{imageId}/{memberId}',
  tag,
  summary:
    'Shares an image with a project, by its id or its exact name, or says something else of the share',
  body: Terms,
  answer: ShareDocument,
});

export const putShares = operation({
  id: 'putShares',
  method: 'POST',
  path: '/vitrine/v1/shares',
  tag,
  summary: 'Shares images with projects, each with each, in one transaction',
  body: Type.Object(
    {
      images: Type.Array(ImageId, { minItems: 1, maxItems: 100 }),
      members: Type.Array(ProjectText, { minItems: 1, maxItems: 100 }),
      note: Type.Optional(nullable(NoteText)),
      expires_at: Type.Optional(nullable(Time)),
      all_or_nothing: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  answer: Type.Object({
    results: Type.Array(
      Type.Object({
        image_id: Type.String(),
        member: Type.String({ description: 'As it was typed.' }),
        status: nullable(Type.Enum([...memberStatuses])),
        error: nullable(Type.String()),
      }),
    ),
  }),
});

export const withdrawShare = operation({
  id: 'withdrawShare',
  method: 'POST',
  path: '/vitrine/v1/shares/{imageId}/{memberId}/withdrawal',
  tag,
  summary: 'Says when and why a share will be withdrawn; until then it holds',
  body: Type.Object({ reason: Type.Optional(NoteText), at: Time }, { additionalProperties: false }),
  answer: ShareDocument,
});

export const withdrawShares = operation({
  id: 'withdrawShares',
  method: 'POST',
  path: '/vitrine/v1/shares/withdrawals',
  tag,
  summary:
    'Withdraws shares of this project, now or at a time: those of these images with these projects, or all; at most 500 at once',
  body: Type.Object(
    {
      images: Type.Optional(Type.Array(ImageId, { minItems: 1, maxItems: 100 })),
      members: Type.Optional(Type.Array(ProjectText, { minItems: 1, maxItems: 100 })),
      all: Type.Optional(Type.Boolean()),
      at: Type.Optional(nullable(Time)),
      reason: Type.Optional(NoteText),
      dry_run: Type.Optional(
        Type.Boolean({ description: 'Withdraws nothing, and tells who would be hit.' }),
      ),
    },
    { additionalProperties: false },
  ),
  answer: Type.Object({
    withdrawn: Type.Integer(),
    shares: Type.Optional(
      Type.Array(ShareDocument, { description: 'With dry_run: those that would be withdrawn.' }),
    ),
    more: Type.Boolean({ description: 'Whether there are more than that, for another call.' }),
  }),
});

/** What a member has downloaded. */
interface Downloaded {
  readonly lastAt: Date | null;
  readonly downloads: number;
  readonly bytes: number;
}

/** Writes a share as its document. */
export function shareDocument(
  share: Share,
  names: ReadonlyMap<string, string>,
  downloads?: ReadonlyMap<string, Downloaded>,
): Static<typeof ShareDocument> {
  const done = downloads?.get(share.projectId);
  const { status, createdAt, updatedAt, expiresAt } = share;
  return {
    image_id: share.imageId,
    member: { id: share.projectId, name: names.get(share.projectId) ?? null },
    status,
    note: share.note,
    offered_at: createdAt.toISOString(),
    answered_at: status === 'pending' ? null : updatedAt.toISOString(),
    expires_at: expiresAt?.toISOString() ?? null,
    withdrawal: share.withdrawal,
    ...(downloads && {
      downloads: {
        count: done?.downloads ?? 0,
        bytes: done?.bytes ?? 0,
        last_at: done?.lastAt?.toISOString() ?? null,
      },
    }),
  };
}
