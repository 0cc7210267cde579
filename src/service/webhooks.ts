import { randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import { lockUsage } from '../database/locks.ts';
import { newestEvent } from '../database/project-events.ts';
import { listFailures, sendAgain, type WebhookFailure } from '../database/webhook-failures.ts';
import {
  deleteWebhook,
  findWebhook,
  hurryWebhook,
  insertWebhook,
  type KeptWebhook,
  listWebhooks,
} from '../database/webhooks.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import type { Policy } from '../domain/policy.ts';
import type { ProjectEvent } from '../domain/project-event.ts';
import { type Rate, rateLimiter } from '../domain/rate-limiter.ts';
import { RetryLaterError } from '../domain/retry-later.ts';
import type { DeliveryOutcome, Webhook } from '../domain/webhook.ts';
import { projectThatAnswers, projectThatLooks } from './inbox.ts';
import type { WebhookSender } from './webhook-sender.ts';

export interface WebhooksOptions {
  readonly database: Database;
  readonly policy: Policy;
  readonly sender: WebhookSender;
  /** Refuses URLs that may not be asked. @throws DomainError `InvalidRequest` */
  readonly checkUrl: (url: string) => Promise<void>;
  /** Writes an event as the body of a message. */
  readonly bodyOf: (event: ProjectEvent) => string;
  /** Webhooks that one project may have. */
  readonly quota: number;
  /** How often one project may have URLs looked at. */
  readonly rate?: Rate;
  readonly clock: () => Date;
}

export type WebhookDraft = Pick<Webhook, 'url' | 'types'>;

/** A webhook that was just made, with what nobody is shown again. */
export interface MadeWebhook {
  readonly webhook: Webhook;
  /** As receivers' libraries want it: `whsec_` and Base64. */
  readonly secret: string;
}

/** The URLs at which a project wants to be told what happens to its shares. Whoever answers for it may change them. */
export interface Webhooks {
  list(caller: Caller): Promise<readonly Webhook[]>;
  /** @throws DomainError `NotFound` */
  show(caller: Caller, id: string): Promise<Webhook>;
  /** @throws DomainError `InvalidRequest` for a URL that may not be asked, `QuotaExceeded`, `TooManyRequests` */
  add(caller: Caller, draft: WebhookDraft): Promise<MadeWebhook>;
  remove(caller: Caller, id: string): Promise<void>;
  /** Sends a message that tells of nothing, now. If it is taken, so is what waits. */
  test(caller: Caller, id: string): Promise<DeliveryOutcome>;
  /** What was given up, the newest first, behind the number of an event. */
  failures(
    caller: Caller,
    id: string,
    page: { readonly limit: number; readonly before: number },
  ): Promise<readonly WebhookFailure[]>;
  /** Has these events, or all that were given up, sent again; how many there are. */
  redeliver(caller: Caller, id: string, eventIds: readonly string[] | undefined): Promise<number>;
}

/** Ten at once, and six a minute: each has the service look up a host of the caller's choice. */
const usualRate: Rate = { rate: 0.1, burst: 100 };

/** Bytes of a secret. @see Standard Webhooks: 24 to 64 */
const secretSize = 32;

export function webhooksService(options: WebhooksOptions): Webhooks {
  const { database, policy, sender, bodyOf, clock, rate = usualRate } = options;
  const limiter = rateLimiter(rate, () => performance.now());

  function spend(projectId: string): void {
    const wait = limiter.spend(projectId);
    if (wait <= 0) return;
    const seconds = Math.ceil(wait / 1000);
    const text = `This project sets up webhooks too often. Wait ${seconds} s, then try again.`;
    throw new RetryLaterError('TooManyRequests', text, seconds);
  }

  async function own(projectId: string, id: string): Promise<KeptWebhook> {
    const webhook = await findWebhook(database.read, id);
    if (webhook?.projectId !== projectId) throw notFound();
    return webhook;
  }

  return {
    list: (caller) => listWebhooks(database.read, projectThatLooks(policy, caller)),
    show: (caller, id) => own(projectThatLooks(policy, caller), id),

    async add(caller, draft) {
      const projectId = projectThatAnswers(policy, caller);
      spend(projectId);
      await options.checkUrl(draft.url);
      return await add(options, draft, { projectId, byUser: caller.userId });
    },

    async remove(caller, id) {
      const projectId = projectThatAnswers(policy, caller);
      const isGone = await database.transaction((db) => deleteWebhook(db, projectId, id));
      if (!isGone) throw notFound();
    },

    async test(caller, id) {
      const projectId = projectThatAnswers(policy, caller);
      const webhook = await own(projectId, id);
      spend(projectId);
      const event: ProjectEvent = {
        ...{ projectId, id: randomUUID(), type: 'webhook.test', imageId: null },
        ...{ data: { webhook_id: id }, at: clock() },
      };
      const message = { id: event.id, body: bodyOf(event) };
      const outcome = await sender.send(webhook, message, new AbortController().signal);
      if (outcome.error === undefined) await database.transaction((db) => hurryWebhook(db, id));
      return outcome;
    },

    async failures(caller, id, { limit, before }) {
      const webhook = await own(projectThatLooks(policy, caller), id);
      return await listFailures(database.read, { webhookId: webhook.id, before, limit });
    },

    async redeliver(caller, id, eventIds) {
      const webhook = await own(projectThatAnswers(policy, caller), id);
      return await database.transaction(async (db) => {
        const count = await sendAgain(db, webhook.id, eventIds);
        if (count > 0) await hurryWebhook(db, id);
        return count;
      });
    },
  };
}

async function add(
  { database, quota, clock }: WebhooksOptions,
  { url, types }: WebhookDraft,
  made: Pick<Webhook, 'projectId' | 'byUser'>,
): Promise<MadeWebhook> {
  const secret = randomBytes(secretSize).toString('base64');
  // It is told of what comes from now on.
  const cursor = await newestEvent(database, 0);
  const webhook: KeptWebhook = {
    ...{ id: randomUUID(), ...made, url, types, createdAt: clock(), secret, cursor },
    ...{ attempts: 0, refusals: 0, failingSince: null, lastError: null, deliveredAt: null },
  };
  await database.transaction(async (db) => {
    await lockUsage(db, made.projectId);
    if ((await listWebhooks(db, made.projectId)).length >= quota) {
      throw new DomainError('QuotaExceeded', `A project has at most ${quota} webhooks.`);
    }
    await insertWebhook(db, webhook);
  });
  return { webhook, secret: `whsec_${secret}` };
}

function notFound(): DomainError {
  return new DomainError('NotFound', 'There is no such webhook.');
}
