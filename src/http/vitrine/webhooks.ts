import type { FastifyInstance } from 'fastify';
import { defaultLimit } from '../../api/vitrine/fields.ts';
import {
  addWebhook,
  listWebhookFailures,
  listWebhooks,
  redeliverFailures,
  removeWebhook,
  showWebhook,
  testWebhook,
  webhookDocument,
  webhookFailureDocument,
} from '../../api/vitrine/webhooks.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Webhooks } from '../../service/webhooks.ts';
import { routeOperation } from './operations.ts';
import { plainPath } from './plain-path.ts';

/** The URLs at which a project is told what happens. */
export function webhookRoutes(app: FastifyInstance, webhooks: Webhooks): void {
  routeOperation(app, listWebhooks, async ({ caller }) => ({
    webhooks: (await webhooks.list(caller)).map(webhookDocument),
  }));

  routeOperation(app, addWebhook, async ({ caller, body, request }) => {
    const { url, types = null } = body;
    const { webhook, secret } = await webhooks.add(caller, { url, types });
    request.auditTarget = webhook.id;
    return { ...webhookDocument(webhook), secret };
  });

  routeOperation(app, showWebhook, async ({ caller, path }) =>
    webhookDocument(await webhooks.show(caller, plainPath(path).webhookId)),
  );

  routeOperation(app, removeWebhook, async ({ caller, path, request }) => {
    request.auditTarget = plainPath(path).webhookId;
    await webhooks.remove(caller, plainPath(path).webhookId);
  });

  routeOperation(app, testWebhook, async ({ caller, path }) => {
    const { status = null, error = null } = await webhooks.test(caller, plainPath(path).webhookId);
    return { delivered: error === null, status, error };
  });

  routeOperation(app, listWebhookFailures, async ({ caller, path, query }) => {
    const { limit = defaultLimit, marker } = query;
    const before = marker === undefined ? Number.MAX_SAFE_INTEGER : numberFrom(marker);
    const failures = await webhooks.failures(caller, plainPath(path).webhookId, { limit, before });
    const last = failures.length === limit ? failures.at(-1) : undefined;
    return {
      failures: failures.map(webhookFailureDocument),
      ...(last && { next: String(last.number) }),
    };
  });

  routeOperation(app, redeliverFailures, async ({ caller, path, body }) => ({
    events: await webhooks.redeliver(caller, plainPath(path).webhookId, body.events),
  }));
}

function numberFrom(marker: string): number {
  if (/^\d{1,15}$/.test(marker)) return Number(marker);
  throw new DomainError('InvalidRequest', 'marker: what a page gave as next is wanted.');
}
