import type { FastifyInstance } from 'fastify';
import * as eventOperations from '../../api/vitrine/events.ts';
import * as inboxOperations from '../../api/vitrine/inbox.ts';
import { openapiDocument } from '../../api/vitrine/openapi.ts';
import type { Operation } from '../../api/vitrine/operation.ts';
import * as shareOperations from '../../api/vitrine/shares.ts';
import type { Inbox } from '../../service/inbox.ts';
import type { ProjectEvents } from '../../service/project-events.ts';
import { refuseBody } from '../body.ts';
import { sendJsonText } from '../reply.ts';
import { eventRoutes } from './events.ts';
import { inboxRoutes } from './inbox.ts';
import { type ShareRoutesOptions, shareRoutes } from './shares.ts';

export interface SharingRoutesOptions extends ShareRoutesOptions {
  readonly inbox: Inbox;
  readonly projectEvents: ProjectEvents;
}

/** Sharing that people enjoy: all that stands beside the Images API, and the document that describes it. */
export function sharingRoutes(app: FastifyInstance, options: SharingRoutesOptions): void {
  shareRoutes(app, options);
  inboxRoutes(app, options.inbox);
  eventRoutes(app, options.projectEvents);
  let text: string | undefined;
  app.get('/vitrine/v1/openapi.json', { onRequest: refuseBody }, async (_request, reply) => {
    text ??= JSON.stringify(openapiDocument(operations, '1'));
    return sendJsonText(reply, 200, text);
  });
}

/** Every operation that has a route. */
export const operations: readonly Operation[] = [
  ...operationsIn(shareOperations),
  ...operationsIn(inboxOperations),
  ...operationsIn(eventOperations),
];

function operationsIn(module: Readonly<Record<string, unknown>>): Operation[] {
  return Object.values(module).filter(
    (one): one is Operation =>
      typeof one === 'object' && one !== null && 'path' in one && 'method' in one,
  );
}
