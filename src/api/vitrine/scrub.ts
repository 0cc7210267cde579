import { type Static, Type } from 'typebox';
import type { DataState, ScrubStatus } from '../../domain/data-check.ts';
import type { ScrubRun } from '../../domain/scrub-run.ts';
import { nullable, Time } from './fields.ts';
import { operation } from './operation.ts';

/** How the data of all images is. */
export const ScrubDocument = Type.Object({
  images: Type.Integer({ description: 'Images that have data' }),
  bytes: Type.Integer({ description: 'Their data' }),
  verified: Type.Integer({ description: 'Images whose data was looked at within the interval' }),
  without_checksums: Type.Integer({ description: 'Images whose data was never looked at' }),
  oldest_look_at: nullable(Time),
  rate: Type.Integer({ description: 'Bytes a second at most' }),
  interval: Type.Integer({ description: 'Seconds within which all data is looked at' }),
  damaged: Type.Array(
    Type.Object({
      image_id: Type.String(),
      found_at: Time,
      position: Type.Integer({ description: 'The byte from which on it was first found' }),
    }),
  ),
  unreadable: Type.Array(Type.Object({ image_id: Type.String(), found_at: Time }), {
    description: 'Images whose data could not be read when it was last looked at',
  }),
  run: nullable(
    Type.Object(
      {
        began_at: Time,
        seen_at: Type.String({ description: 'When it told of itself last' }),
        ended_at: nullable(Time),
        due: Type.Integer({ description: 'Images that are to be looked at, with those that were' }),
        images: Type.Integer({ description: 'Images that were' }),
        bytes: Type.Integer({ description: 'Bytes that were read, of the image at hand too' }),
        chunks: Type.Integer({ description: 'Pieces of a MiB that were summed up' }),
        damaged: Type.Integer(),
        unreadable: Type.Integer(),
      },
      { description: 'How far it is with what is due, or was at the last time' },
    ),
  ),
});

/** How the data of one image is. */
export const DataStateDocument = Type.Object({
  image_id: Type.String(),
  state: Type.Enum(['whole', 'damaged', 'unreadable', 'gone', 'running'], {
    description: 'Of several copies the worst counts; ask again while it is `running`',
  }),
  position: nullable(Type.Integer({ description: 'The byte from which on it was first found' })),
});

export const scrubImage = operation({
  id: 'scrubImage',
  method: 'POST',
  path: '/vitrine/v1/images/{imageId}/scrub',
  tag: 'data',
  summary:
    'Looks at the data of an image now, and takes the mark off it when all is as it was uploaded; for admins',
  answer: DataStateDocument,
});

export const showScrub = operation({
  id: 'showScrub',
  method: 'GET',
  path: '/vitrine/v1/scrub',
  tag: 'data',
  summary:
    'Whether the data of all images is as it was uploaded, and when that was looked at; for admins',
  answer: ScrubDocument,
});

/** Writes what a look at the data of an image has found. */
export function dataStateDocument(
  imageId: string,
  found: DataState | 'running',
): Static<typeof DataStateDocument> {
  const { kind: state, position = null } = found === 'running' ? { kind: found } : found;
  return { image_id: imageId, state, position };
}

/** Writes how the data is. */
export function scrubDocument(status: ScrubStatus): Static<typeof ScrubDocument> {
  return {
    images: status.images,
    bytes: status.bytes,
    verified: status.verified,
    without_checksums: status.withoutSums,
    oldest_look_at: status.oldest?.toISOString() ?? null,
    rate: status.rate,
    interval: status.interval / 1000,
    damaged: status.damaged.map(({ imageId, at, position }) => ({
      image_id: imageId,
      found_at: at.toISOString(),
      position,
    })),
    unreadable: status.unreadable.map(({ imageId, at }) => ({
      image_id: imageId,
      found_at: at.toISOString(),
    })),
    run: status.run ? runDocument(status.run) : null,
  };
}

function runDocument({ beganAt, seenAt, endedAt, ...counts }: ScrubRun) {
  return {
    began_at: beganAt.toISOString(),
    seen_at: seenAt.toISOString(),
    ended_at: endedAt?.toISOString() ?? null,
    ...counts,
  };
}
