import { type Static, Type } from 'typebox';
import { eventTypes } from '../../domain/project-event.ts';
import type { Webhook } from '../../domain/webhook.ts';
import { nextMarker, nullable, pageQuery, Time } from './fields.ts';
import { operation } from './operation.ts';

const tag = 'webhooks';

/** A webhook, and how it fares. */
export const WebhookDocument = Type.Object({
  id: Type.String(),
  url: Type.String(),
  types: nullable(Type.Array(Type.String())),
  by_user: Type.String(),
  created_at: Time,
  attempts: Type.Integer({
    description: 'How often in a row the event that is next was sent in vain.',
  }),
  failing_since: nullable(Time),
  last_error: nullable(Type.String()),
  delivered_at: nullable(Time),
});

/** A webhook as it is shown once, when it is made. */
export const MadeWebhookDocument = Type.Object({
  ...WebhookDocument.properties,
  secret: Type.String({
    description: 'What its messages are signed with, for libraries of Standard Webhooks.',
  }),
});

/** An event that was given up. */
export const WebhookFailureDocument = Type.Object({
  event_id: Type.String(),
  type: Type.String(),
  attempts: Type.Integer(),
  status: nullable(Type.Integer({ description: 'What the last attempt was answered with.' })),
  error: Type.String(),
  failed_at: Time,
  again: Type.Boolean({ description: 'Whether it is to be sent again.' }),
  event: Type.Unknown({ description: 'The event as it was sent.' }),
});

export const listWebhooks = operation({
  id: 'listWebhooks',
  method: 'GET',
  path: '/vitrine/v1/webhooks',
  tag,
  summary: 'Where this project is told what happens to its shares',
  answer: Type.Object({ webhooks: Type.Array(WebhookDocument) }),
});

export const addWebhook = operation({
  id: 'addWebhook',
  method: 'POST',
  path: '/vitrine/v1/webhooks',
  tag,
  summary:
    'Has what happens from now on told to a URL; the secret is in this answer and nowhere else',
  body: Type.Object(
    {
      url: Type.String({ minLength: 1, maxLength: 2048 }),
      types: Type.Optional(
        nullable(
          Type.Array(Type.Enum([...eventTypes]), { minItems: 1, maxItems: eventTypes.length }),
        ),
      ),
    },
    { additionalProperties: false },
  ),
  status: 201,
  answer: MadeWebhookDocument,
});

export const showWebhook = operation({
  id: 'showWebhook',
  method: 'GET',
  path: '/vitrine/v1/webhooks/{webhookId}',
  tag,
  summary: 'A webhook, and how it fares',
  answer: WebhookDocument,
});

export const removeWebhook = operation({
  id: 'removeWebhook',
  method: 'DELETE',
  path: '/vitrine/v1/webhooks/{webhookId}',
  tag,
  summary: 'Takes a webhook away, with all that was not delivered',
});

export const testWebhook = operation({
  id: 'testWebhook',
  method: 'POST',
  path: '/vitrine/v1/webhooks/{webhookId}/test',
  tag,
  summary: 'Sends a message of the type vitrine.webhook.test now, and tells what came of it',
  answer: Type.Object({
    delivered: Type.Boolean(),
    status: nullable(Type.Integer()),
    error: nullable(Type.String()),
  }),
});

export const listWebhookFailures = operation({
  id: 'listWebhookFailures',
  method: 'GET',
  path: '/vitrine/v1/webhooks/{webhookId}/failures',
  tag,
  summary: 'The events that were given up, the newest first',
  query: Type.Object({ ...pageQuery }, { additionalProperties: false }),
  answer: Type.Object({ failures: Type.Array(WebhookFailureDocument), next: nextMarker }),
});

export const redeliverFailures = operation({
  id: 'redeliverFailures',
  method: 'POST',
  path: '/vitrine/v1/webhooks/{webhookId}/failures/redelivery',
  tag,
  summary: 'Has events that were given up sent again, once: these, or all of them',
  body: Type.Object(
    {
      events: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { minItems: 1, maxItems: 500 }),
      ),
    },
    { additionalProperties: false },
  ),
  status: 202,
  answer: Type.Object({ events: Type.Integer({ description: 'How many will be sent.' }) }),
});

/** Writes a webhook as its document. */
export function webhookDocument(webhook: Webhook): Static<typeof WebhookDocument> {
  return {
    id: webhook.id,
    url: webhook.url,
    types: webhook.types && [...webhook.types],
    by_user: webhook.byUser,
    created_at: webhook.createdAt.toISOString(),
    attempts: webhook.attempts,
    failing_since: webhook.failingSince?.toISOString() ?? null,
    last_error: webhook.lastError,
    delivered_at: webhook.deliveredAt?.toISOString() ?? null,
  };
}

/** An event that was given up, as far as its document tells of it. */
interface Failed {
  readonly eventId: string;
  readonly eventType: string;
  readonly body: string;
  readonly attempts: number;
  readonly status: number | null;
  readonly error: string;
  readonly failedAt: Date;
  readonly again: boolean;
}

/** Writes what was given up as its document. */
export function webhookFailureDocument(failure: Failed): Static<typeof WebhookFailureDocument> {
  return {
    event_id: failure.eventId,
    type: `vitrine.${failure.eventType}`,
    attempts: failure.attempts,
    status: failure.status,
    error: failure.error,
    failed_at: failure.failedAt.toISOString(),
    again: failure.again,
    event: JSON.parse(failure.body),
  };
}
