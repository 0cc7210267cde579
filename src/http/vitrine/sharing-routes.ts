import type { FastifyInstance } from 'fastify';
import * as ruleOperations from '../../api/vitrine/accept-rules.ts';
import * as eventOperations from '../../api/vitrine/events.ts';
import * as familyOperations from '../../api/vitrine/families.ts';
import * as groupOperations from '../../api/vitrine/groups.ts';
import * as inboxOperations from '../../api/vitrine/inbox.ts';
import * as mailOperations from '../../api/vitrine/mail.ts';
import { openapiDocument } from '../../api/vitrine/openapi.ts';
import type { Operation } from '../../api/vitrine/operation.ts';
import * as readerOperations from '../../api/vitrine/readers.ts';
import * as requestOperations from '../../api/vitrine/requests.ts';
import * as logOperations from '../../api/vitrine/share-log.ts';
import * as shareOperations from '../../api/vitrine/shares.ts';
import * as uploadOperations from '../../api/vitrine/uploads.ts';
import * as webhookOperations from '../../api/vitrine/webhooks.ts';
import type { AcceptRules } from '../../service/accept-rules.ts';
import type { AccessRequests } from '../../service/access-requests.ts';
import type { Families } from '../../service/families.ts';
import type { Inbox } from '../../service/inbox.ts';
import type { MailAddresses } from '../../service/mail-addresses.ts';
import type { ProjectEvents } from '../../service/project-events.ts';
import type { Readers } from '../../service/readers.ts';
import type { ShareGroups } from '../../service/share-groups.ts';
import type { ShareLogs } from '../../service/share-logs.ts';
import type { Webhooks } from '../../service/webhooks.ts';
import { refuseBody } from '../body.ts';
import { sendJsonText } from '../reply.ts';
import { acceptRuleRoutes } from './accept-rules.ts';
import { eventRoutes } from './events.ts';
import { familyRoutes } from './families.ts';
import { groupRoutes } from './groups.ts';
import { inboxRoutes } from './inbox.ts';
import { mailRoutes } from './mail.ts';
import { readerRoutes } from './readers.ts';
import { catalogueRoutes, requestRoutes } from './requests.ts';
import { shareLogRoutes } from './share-log.ts';
import { type ShareRoutesOptions, shareRoutes } from './shares.ts';
import { webhookRoutes } from './webhooks.ts';

export interface SharingRoutesOptions extends ShareRoutesOptions {
  readonly inbox: Inbox;
  readonly projectEvents: ProjectEvents;
  readonly accessRequests: AccessRequests;
  readonly acceptRules: AcceptRules;
  readonly shareLogs: ShareLogs;
  readonly webhooks: Webhooks;
  readonly mail: MailAddresses;
  readonly families: Families;
  readonly groups: ShareGroups;
  readonly readers: Readers;
}

/** Sharing that people enjoy: all that stands beside the Images API, and the document that describes it. */
export function sharingRoutes(app: FastifyInstance, options: SharingRoutesOptions): void {
  shareRoutes(app, options);
  inboxRoutes(app, options.inbox);
  eventRoutes(app, options.projectEvents);
  requestRoutes(app, options.accessRequests);
  catalogueRoutes(app, options.accessRequests);
  acceptRuleRoutes(app, options.acceptRules);
  shareLogRoutes(app, options.shareLogs);
  webhookRoutes(app, options.webhooks);
  mailRoutes(app, options.mail);
  familyRoutes(app, options.families);
  groupRoutes(app, options.groups);
  readerRoutes(app, options.readers);
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
  ...operationsIn(requestOperations),
  ...operationsIn(ruleOperations),
  ...operationsIn(logOperations),
  ...operationsIn(uploadOperations),
  ...operationsIn(webhookOperations),
  ...operationsIn(mailOperations),
  ...operationsIn(familyOperations),
  ...operationsIn(groupOperations),
  ...operationsIn(readerOperations),
];

function operationsIn(module: Readonly<Record<string, unknown>>): Operation[] {
  return Object.values(module).filter(
    (one): one is Operation =>
      typeof one === 'object' && one !== null && 'path' in one && 'method' in one,
  );
}
