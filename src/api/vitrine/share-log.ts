import { type Static, Type } from 'typebox';
import { type ShareLine, shareKinds } from '../../domain/share-log.ts';
import { nullable, Time } from './fields.ts';
import { operation } from './operation.ts';

/** A line of the log of an image. */
export const LineDocument = Type.Object({
  number: Type.Integer(),
  at: Time,
  kind: Type.Enum([...shareKinds]),
  project: Type.String({ description: 'The consumer that it is about.' }),
  by_project: nullable(Type.String()),
  by_user: nullable(Type.String()),
  details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()])),
  previous: Type.String(),
  hash: Type.String(),
});

export const showShareLog = operation({
  id: 'showShareLog',
  method: 'GET',
  path: '/vitrine/v1/share-log/{imageId}',
  tag: 'share log',
  summary: 'What happened to the shares of an image; a consumer is shown the lines about itself',
  query: Type.Object(
    {
      after: Type.Optional(Type.Integer({ minimum: 0 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    },
    { additionalProperties: false },
  ),
  answer: Type.Object({
    image_id: Type.String(),
    whole: Type.Boolean({ description: 'Whether lines about others are there too.' }),
    lines: Type.Array(LineDocument),
  }),
});

/** Writes a line as its document. */
export function lineDocument(line: ShareLine): Static<typeof LineDocument> {
  return {
    number: line.number,
    at: line.at.toISOString(),
    kind: line.kind,
    project: line.projectId,
    by_project: line.by.projectId,
    by_user: line.by.userId,
    details: line.details,
    previous: line.previous,
    hash: line.hash,
  };
}
