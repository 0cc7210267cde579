import { createHmac } from 'node:crypto';
import { DomainError } from '../domain/errors.ts';
import { type DeliveryOutcome, isTaken } from '../domain/webhook.ts';
import type { WebClient } from '../web/web-client.ts';
import { WebError } from '../web/web-error.ts';

/** What a webhook is told. */
export interface WebhookMessage {
  /** UUID; the same however often it is sent. */
  readonly id: string;
  readonly body: string;
}

/** Tells one webhook one thing. */
export interface WebhookSender {
  /** Tries once; nothing but `signal` makes it throw. */
  send(to: WebhookTarget, message: WebhookMessage, signal: AbortSignal): Promise<DeliveryOutcome>;
}

export interface WebhookTarget {
  readonly url: string;
  /** Base64. */
  readonly secret: string;
}

/** Signs messages as Standard Webhooks has it, and sends them where the operator lets callers' URLs lead. */
export function webhookSender(
  web: Pick<WebClient, 'post'>,
  clock: () => Date = () => new Date(),
): WebhookSender {
  return {
    async send({ url, secret }, { id, body }, signal) {
      const timestamp = String(Math.floor(clock().getTime() / 1000));
      const headers = {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'content-length': String(Buffer.byteLength(body)),
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signatureOf(secret, `${id}.${timestamp}.${body}`),
      };
      try {
        const { status } = await web.post(url, { field: 'url', signal, body, headers });
        return isTaken(status)
          ? { status, error: undefined }
          : { status, error: `The receiver answered with status ${status}.` };
      } catch (cause) {
        signal.throwIfAborted();
        if (!(cause instanceof WebError || cause instanceof DomainError)) throw cause;
        return { status: undefined, error: cause.message };
      }
    },
  };
}

/** @see Standard Webhooks, "Signature scheme": symmetric */
function signatureOf(secret: string, text: string): string {
  const key = Buffer.from(secret, 'base64');
  return `v1,${createHmac('sha256', key).update(text).digest('base64')}`;
}
