import type { Static } from 'typebox';
import type {
  MadeWebhookDocument,
  testWebhook as testOperation,
  WebhookDocument,
  WebhookFailureDocument,
} from '../api/vitrine/webhooks.ts';
import type { Session } from './session.ts';

const root = '/vitrine/v1/webhooks';

/** A webhook, and how it fares. */
export type WebhookBody = Static<typeof WebhookDocument>;

/** A webhook with the secret that is shown once. */
export type MadeWebhookBody = Static<typeof MadeWebhookDocument>;

/** An event that was given up. */
export type WebhookFailureBody = Static<typeof WebhookFailureDocument>;

/** What came of a message that was sent to try. */
export type WebhookTestBody = Static<NonNullable<typeof testOperation.answer>>;

/** The webhooks of the session's project. @throws ApiError */
export async function listWebhooks(session: Session): Promise<readonly WebhookBody[]> {
  return ((await session.call('image', { path: root })) as { webhooks: WebhookBody[] }).webhooks;
}

/** A webhook by its id. @throws ApiError */
export async function getWebhook(session: Session, id: string): Promise<WebhookBody> {
  return (await session.call('image', { path: pathOf(id) })) as WebhookBody;
}

/** Has what happens from now on told to a URL. @param types all, unless they are given @throws ApiError */
export async function addWebhook(
  session: Session,
  url: string,
  types: readonly string[] | null = null,
): Promise<MadeWebhookBody> {
  const body = { url, types };
  return (await session.call('image', { method: 'POST', path: root, body })) as MadeWebhookBody;
}

/** Takes a webhook away. @throws ApiError */
export async function removeWebhook(session: Session, id: string): Promise<void> {
  await session.call('image', { method: 'DELETE', path: pathOf(id) });
}

/** Sends a message now, to try. @throws ApiError */
export async function testWebhook(session: Session, id: string): Promise<WebhookTestBody> {
  const request = { method: 'POST', path: `${pathOf(id)}/test` } as const;
  return (await session.call('image', request)) as WebhookTestBody;
}

/** The newest events that were given up. @throws ApiError */
export async function listWebhookFailures(
  session: Session,
  id: string,
): Promise<readonly WebhookFailureBody[]> {
  const answer = await session.call('image', { path: `${pathOf(id)}/failures?limit=500` });
  return (answer as { readonly failures: readonly WebhookFailureBody[] }).failures;
}

/** Has events that were given up sent again; all, unless some are given. @returns how many @throws ApiError */
export async function redeliverWebhook(
  session: Session,
  id: string,
  events?: readonly string[],
): Promise<number> {
  const path = `${pathOf(id)}/failures/redelivery`;
  const answer = await session.call('image', { method: 'POST', path, body: { events } });
  return (answer as { readonly events: number }).events;
}

function pathOf(id: string): string {
  return `${root}/${encodeURIComponent(id)}`;
}
