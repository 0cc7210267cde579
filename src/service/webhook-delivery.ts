import type { Connection, Database } from '../database/database.ts';
import { holdsLease, type Lease } from '../database/leases.ts';
import { listProjectEvents, type NumberedEvent, newestEvent } from '../database/project-events.ts';
import {
  deleteFailure,
  deleteOldFailures,
  insertFailures,
  listAgain,
  updateFailure,
  type WebhookFailure,
} from '../database/webhook-failures.ts';
import {
  claimWebhooks,
  findWebhook,
  type KeptWebhook,
  updateWebhook,
  type WebhookProgress,
} from '../database/webhooks.ts';
import type { ProjectEvent } from '../domain/project-event.ts';
import {
  type DeliveryOutcome,
  isGivenUp,
  isRefusal,
  isTooOld,
  pauseAfter,
  wantsEvent,
} from '../domain/webhook.ts';
import type { Job } from './jobs.ts';
import { type LeasedWork, startLeasedWork } from './leased-work.ts';
import type { Report } from './unwanted-data.ts';
import type { WebhookSender } from './webhook-sender.ts';

export interface WebhookDeliveryOptions {
  readonly database: Database;
  readonly sender: WebhookSender;
  /** Writes an event as the body of a message. */
  readonly bodyOf: (event: ProjectEvent) => string;
  /** How long an event is sent in vain before it is given up, ms. */
  readonly patience: number;
  /** For how long what was given up can be sent again, ms. */
  readonly retention: number;
  /** Without a sign of life for so long (ms) another process takes a webhook over. */
  readonly ttl?: number;
  /** Between two looks for what is due again, ms. */
  readonly dueInterval?: number;
  /** Webhooks that this process is at, at a time. */
  readonly slots?: number;
  /** For how long one webhook is told before another has its turn, ms; what is being sent by then is so to its end. */
  readonly turnTime?: number;
  readonly clock: () => Date;
  readonly report: Report;
}

/**
 * Tells webhooks of what happens: each of all events of its project, in order and at least once. One process at a time
 * is at a webhook, and the next one goes on behind what is known to be taken.
 */
export interface WebhookDelivery {
  start(): AsyncDisposable;
  /** Forgets what was given up long ago. */
  readonly job: Job;
}

/** What each of them waits for is somebody else. */
const usualSlots = 64;

const usualTurn = 5000;

/** Events for one webhook before another has its turn. */
const batchSize = 50;

/** Between two looks for news, ms. */
const newsInterval = 100;

export function webhookDelivery(options: WebhookDeliveryOptions): WebhookDelivery {
  const { database, report, ttl, dueInterval = 2000, slots = usualSlots } = options;
  return {
    start() {
      let running = 0;
      const work = startLeasedWork({
        database,
        table: 'webhooks',
        claim: claimWebhooks,
        async work(lease, signal) {
          running += 1;
          return await deliver(options, lease, signal).finally(() => {
            running -= 1;
          });
        },
        retryAfter: () => 5000,
        limit: slots,
        interval: dueInterval,
        ...(ttl !== undefined && { ttl }),
        failure: 'A webhook could not be looked after; it is tried again.',
        report,
      });
      return watchNews(options, work, () => running > 0);
    },
    job: forgetJob(options),
  };
}

/** Has `work` look for something to do as soon as there is news. */
function watchNews(
  { database, report }: WebhookDeliveryOptions,
  work: LeasedWork,
  isBusy: () => boolean,
) {
  let known = 0;
  // What comes while a webhook is being told is found when that is over.
  let wasBusy = false;
  let isWell = true;
  let looking: Promise<void> | undefined;
  async function look(): Promise<void> {
    try {
      const newest = await newestEvent(database, known);
      if (newest > known || wasBusy) work.wake();
      known = newest;
      wasBusy = isBusy();
      isWell = true;
    } catch (cause) {
      if (isWell) report('Events cannot be read; it is tried again.', cause);
      isWell = false;
    }
    looking = undefined;
  }
  const timer = setInterval(() => {
    looking ??= look();
  }, newsInterval);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await looking;
      await work[Symbol.asyncDispose]();
    },
  };
}

/** A webhook while a process is at it. */
interface Turn {
  readonly lease: Lease;
  readonly signal: AbortSignal;
  /** When others have their turn, by the clock of `performance`. */
  readonly endsAt: number;
  webhook: KeptWebhook;
}

/** Thrown when somebody else is at a webhook by now: whatever was found out is for them to find out. */
class LeaseLost extends Error {}

async function deliver(
  options: WebhookDeliveryOptions,
  lease: Lease,
  signal: AbortSignal,
): Promise<number | undefined> {
  const webhook = await findWebhook(options.database.read, lease.key);
  if (!webhook) return undefined;
  const endsAt = performance.now() + (options.turnTime ?? usualTurn);
  const turn: Turn = { lease, signal, endsAt, webhook };
  try {
    await sendAgain(options, turn);
    return await sendNews(options, turn);
  } catch (error) {
    if (error instanceof LeaseLost) return undefined;
    throw error;
  }
}

/** Sends what somebody asked for again: once, since whoever asked will look. */
async function sendAgain(options: WebhookDeliveryOptions, turn: Turn): Promise<void> {
  const { database, sender, clock } = options;
  for (const failure of await listAgain(database.read, turn.webhook.id, batchSize)) {
    const message = { id: failure.eventId, body: failure.body };
    const { error, status = null } = await sender.send(turn.webhook, message, turn.signal);
    await change(options, turn, async (db) => {
      if (error === undefined) return deleteFailure(db, failure);
      const attempts = failure.attempts + 1;
      const failedAt = clock();
      await updateFailure(db, { ...failure, attempts, status, error, failedAt, again: false });
    });
    // The others wait for what is new too: a receiver that does not answer takes its time each time.
    if (error !== undefined || isOver(turn)) return;
  }
}

/** Sends what is new up to the first failure; after how many milliseconds there may be more to do. */
async function sendNews(options: WebhookDeliveryOptions, turn: Turn): Promise<number> {
  const { database, sender, bodyOf, clock } = options;
  const { projectId, cursor: after } = turn.webhook;
  const upTo = await newestEvent(database, after);
  const range = { projectId, after, upTo, limit: batchSize };
  const events = await listProjectEvents(database.read, range);
  let passed: number | undefined;
  for (const numbered of events) {
    const { number: cursor, event } = numbered;
    if (!wantsEvent(turn.webhook, event.type)) {
      passed = cursor;
      continue;
    }
    const message = { id: event.id, body: bodyOf(event) };
    const outcome = await sender.send(turn.webhook, message, turn.signal);
    if (outcome.error !== undefined) return await noteFailure(options, turn, numbered, outcome);
    const done = {
      attempts: 0,
      refusals: 0,
      failingSince: null,
      lastError: null,
      deliveredAt: clock(),
    };
    await progress(options, turn, { cursor, ...done });
    passed = undefined;
    if (isOver(turn)) break;
  }
  if (passed !== undefined)
    await progress(options, turn, { ...turn.webhook, refusals: 0, cursor: passed });
  return 0;
}

function isOver({ endsAt }: Turn): boolean {
  return performance.now() >= endsAt;
}

/** Notes a failure, and gives up what is to be; after how many milliseconds the next attempt is due. */
async function noteFailure(
  options: WebhookDeliveryOptions,
  turn: Turn,
  { number, event }: NumberedEvent,
  { status, error = '' }: DeliveryOutcome,
): Promise<number> {
  const { clock, patience, bodyOf } = options;
  const { webhook } = turn;
  const now = clock();
  const attempts = webhook.attempts + 1;
  const failing = { attempts, failingSince: webhook.failingSince ?? now, lastError: error };
  const refusals = webhook.refusals + (isRefusal(status) ? 1 : 0);
  if (!isGivenUp(event, refusals, { now, patience })) {
    await progress(options, turn, { ...webhook, ...failing, refusals });
    return pauseAfter(attempts);
  }
  const failed = { webhookId: webhook.id, error, failedAt: now, again: false };
  const failureOf = (one: NumberedEvent, rest: Pick<WebhookFailure, 'attempts' | 'status'>) => ({
    ...{ number: one.number, eventId: one.event.id, eventType: one.event.type },
    ...{ body: bodyOf(one.event), ...failed, ...rest },
  });
  const own = failureOf({ number, event }, { attempts, status: status ?? null });
  if (!isTooOld(event, { now, patience })) {
    const behind = { attempts: 0, refusals: 0, cursor: number };
    await progress(options, turn, { ...webhook, ...failing, ...behind }, [own]);
    return 0;
  }
  await progress(options, turn, { ...webhook, ...failing, refusals: 0, cursor: number }, [own]);
  // Whoever takes nothing for so long is not asked anew for each of the rest.
  for (let after = number; ; ) {
    const old = await listOld(options, webhook, after);
    const cursor = old.at(-1)?.number;
    if (cursor === undefined) return pauseAfter(attempts);
    const rest = old
      .filter((one) => wantsEvent(webhook, one.event.type))
      .map((one) => failureOf(one, { attempts: 0, status: null }));
    await progress(options, turn, { ...turn.webhook, cursor }, rest);
    after = cursor;
  }
}

/** Events given up in one transaction. */
const mostGivenUp = 500;

/** The events behind one that are too old as well. */
async function listOld(
  { database, clock, patience }: WebhookDeliveryOptions,
  { projectId }: KeptWebhook,
  after: number,
): Promise<readonly NumberedEvent[]> {
  const upTo = await newestEvent(database, after);
  const range = { projectId, after, upTo, limit: mostGivenUp };
  const events = await listProjectEvents(database.read, range);
  const young = events.findIndex(({ event }) => !isTooOld(event, { now: clock(), patience }));
  return young < 0 ? events : events.slice(0, young);
}

async function progress(
  options: WebhookDeliveryOptions,
  turn: Turn,
  to: WebhookProgress,
  failures: readonly WebhookFailure[] = [],
): Promise<void> {
  await change(options, turn, async (db) => {
    await insertFailures(db, failures);
    await updateWebhook(db, turn.webhook.id, to);
  });
  turn.webhook = { ...turn.webhook, ...to };
}

/** Changes something for as long as nobody else is at the webhook. @throws LeaseLost */
async function change(
  { database }: WebhookDeliveryOptions,
  { lease }: Turn,
  work: (db: Connection) => Promise<void>,
): Promise<void> {
  await database.transaction(async (db) => {
    if (!(await holdsLease(db, lease))) throw new LeaseLost();
    await work(db);
  });
}

/** Rows forgotten in one transaction. */
const forgotten = 500;

function forgetJob({ database, retention, clock }: WebhookDeliveryOptions): Job {
  return {
    name: 'webhook failures',
    interval: 600_000,
    failure: 'What webhooks did not take could not be forgotten; it is tried again.',
    async run(signal) {
      const before = new Date(clock().getTime() - retention);
      for (let count = forgotten; count === forgotten && !signal.aborted; ) {
        count = await database.transaction((db) => deleteOldFailures(db, before, forgotten));
      }
    },
  };
}
