import type { Selectable } from 'kysely';
import type { Connection } from './database.ts';
import type { WebhookFailureRow } from './webhook-tables.ts';

/** An event that a webhook did not take. */
export interface WebhookFailure {
  readonly webhookId: string;
  /** The number of the event. */
  readonly number: number;
  /** UUID. */
  readonly eventId: string;
  readonly eventType: string;
  /** The message's body as it was sent. */
  readonly body: string;
  readonly attempts: number;
  /** What the last attempt was answered with; null when nobody answered. */
  readonly status: number | null;
  readonly error: string;
  readonly failedAt: Date;
  /** Whether it is to be sent again. */
  readonly again: boolean;
}

/** Keeps what a webhook did not take. */
export async function insertFailures(
  db: Connection,
  failures: readonly WebhookFailure[],
): Promise<void> {
  for (const failure of failures) {
    await db
      .insertInto('webhook_failures')
      .values({
        webhook_id: failure.webhookId,
        number: failure.number,
        event_id: failure.eventId,
        event_type: failure.eventType,
        body: failure.body,
        attempts: failure.attempts,
        status: failure.status,
        error: failure.error,
        failed_at: failure.failedAt.getTime(),
        again: failure.again ? 1 : 0,
      })
      .execute();
  }
}

export interface FailuresAsked {
  readonly webhookId: string;
  readonly before: number;
  readonly limit: number;
}

/** What a webhook did not take, the newest first. */
export async function listFailures(
  db: Connection,
  { webhookId, before, limit }: FailuresAsked,
): Promise<readonly WebhookFailure[]> {
  const rows = await db
    .selectFrom('webhook_failures')
    .selectAll()
    .where('webhook_id', '=', webhookId)
    .where('number', '<', before)
    .orderBy('number', 'desc')
    .limit(limit)
    .execute();
  return rows.map(failureFromRow);
}

/** What is to be sent again, the oldest first. */
export async function listAgain(
  db: Connection,
  webhookId: string,
  limit: number,
): Promise<readonly WebhookFailure[]> {
  const rows = await db
    .selectFrom('webhook_failures')
    .selectAll()
    .where('webhook_id', '=', webhookId)
    .where('again', '=', 1)
    .orderBy('number')
    .limit(limit)
    .execute();
  return rows.map(failureFromRow);
}

/** Has these events, or all, sent again; how many there are. */
export async function sendAgain(
  db: Connection,
  webhookId: string,
  eventIds: readonly string[] | undefined,
): Promise<number> {
  const all = db
    .updateTable('webhook_failures')
    .set({ again: 1 })
    .where('webhook_id', '=', webhookId);
  const asked = eventIds === undefined ? all : all.where('event_id', 'in', eventIds);
  return Number((await asked.executeTakeFirstOrThrow()).numUpdatedRows);
}

/** Notes that an event was sent again in vain. */
export async function updateFailure(db: Connection, failure: WebhookFailure): Promise<void> {
  const { attempts, status, error, failedAt, again } = failure;
  await db
    .updateTable('webhook_failures')
    .set({ attempts, status, error, failed_at: failedAt.getTime(), again: again ? 1 : 0 })
    .where('webhook_id', '=', failure.webhookId)
    .where('number', '=', failure.number)
    .execute();
}

/** Removes what was taken after all. */
export async function deleteFailure(
  db: Connection,
  { webhookId, number }: Pick<WebhookFailure, 'webhookId' | 'number'>,
): Promise<void> {
  await db
    .deleteFrom('webhook_failures')
    .where('webhook_id', '=', webhookId)
    .where('number', '=', number)
    .execute();
}

/** Forgets what failed before a time; how many. */
export async function deleteOldFailures(
  db: Connection,
  before: Date,
  limit: number,
): Promise<number> {
  const old = await db
    .selectFrom('webhook_failures')
    .select(['webhook_id', 'number'])
    .where('failed_at', '<', before.getTime())
    .orderBy('failed_at')
    .limit(limit)
    .execute();
  for (const row of old) {
    await deleteFailure(db, { webhookId: row.webhook_id, number: row.number });
  }
  return old.length;
}

function failureFromRow(row: Selectable<WebhookFailureRow>): WebhookFailure {
  return {
    webhookId: row.webhook_id,
    number: row.number,
    eventId: row.event_id,
    eventType: row.event_type,
    body: row.body,
    attempts: row.attempts,
    status: row.status,
    error: row.error,
    failedAt: new Date(row.failed_at),
    again: row.again === 1,
  };
}
