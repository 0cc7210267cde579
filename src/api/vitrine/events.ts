import { Type } from 'typebox';
import type { ProjectEvent } from '../../domain/project-event.ts';
import { operation } from './operation.ts';

/** An event as programs read it. @see CloudEvents 1.0, JSON format */
export const CloudEvent = Type.Object({
  specversion: Type.Literal('1.0'),
  id: Type.String(),
  source: Type.String(),
  type: Type.String(),
  time: Type.String({ format: 'date-time' }),
  subject: Type.Optional(Type.String({ description: 'The id of the image.' })),
  datacontenttype: Type.Literal('application/json'),
  data: Type.Record(Type.String(), Type.Unknown()),
});

/** Where to begin, and whether to go on. */
export const EventQuery = Type.Object(
  {
    after: Type.Optional(Type.Integer({ minimum: 0 })),
    follow: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

export const listEvents = operation({
  id: 'listEvents',
  method: 'GET',
  path: '/vitrine/v1/events',
  tag: 'events',
  summary:
    'What happens to the shares of this project, as server-sent events behind Last-Event-ID (or `after`); without either, what comes from now on. With follow=false a page of JSON instead',
  query: EventQuery,
  answer: Type.Object({
    events: Type.Array(CloudEvent),
    next: Type.Integer({ description: 'What to give as after, next time.' }),
  }),
});

/** Writes an event for programs. */
export function cloudEvent({ id, type, imageId, data, at }: ProjectEvent) {
  return {
    specversion: '1.0',
    id,
    source: '/vitrine',
    type: `vitrine.${type}`,
    time: at.toISOString(),
    ...(imageId !== null && { subject: imageId }),
    datacontenttype: 'application/json',
    data: { ...data },
  } as const;
}

/** Writes an event for a stream. @see HTML Standard, "Server-sent events" */
export function eventFrame(number: number, event: ProjectEvent): string {
  return `id: ${number}\nevent: vitrine.${event.type}\ndata: ${JSON.stringify(cloudEvent(event))}\n\n`;
}
