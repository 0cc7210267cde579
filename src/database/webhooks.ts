import { type Selectable, sql } from 'kysely';
import { freeForEach, type Webhook } from '../domain/webhook.ts';
import type { Connection } from './database.ts';
import { clockOf } from './dialect.ts';
import { type Claim, claimLeases, type Lease } from './leases.ts';
import type { WebhookRow } from './webhook-tables.ts';

/** A webhook with what only its delivery knows. */
export interface KeptWebhook extends Webhook {
  /** What its messages are signed with, Base64. */
  readonly secret: string;
  /** The number of the newest event that is done with. */
  readonly cursor: number;
  /** How often the event behind that was refused as what it is. */
  readonly refusals: number;
}

const columns = [
  ...(['id', 'project_id', 'url', 'secret', 'types', 'by_user', 'created_at', 'cursor'] as const),
  ...(['attempts', 'refusals', 'failing_since', 'last_error', 'delivered_at'] as const),
] as const;

/** Every webhook of a project, in order of making. */
export async function listWebhooks(
  db: Connection,
  projectId: string,
): Promise<readonly KeptWebhook[]> {
  const rows = await db
    .selectFrom('webhooks')
    .select(columns)
    .where('project_id', '=', projectId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(webhookFromRow);
}

/** The webhook of that id. */
export async function findWebhook(db: Connection, id: string): Promise<KeptWebhook | undefined> {
  const row = await db
    .selectFrom('webhooks')
    .select(columns)
    .where('id', '=', id)
    .executeTakeFirst();
  return row && webhookFromRow(row);
}

export async function insertWebhook(db: Connection, webhook: KeptWebhook): Promise<void> {
  await db
    .insertInto('webhooks')
    .values({
      id: webhook.id,
      project_id: webhook.projectId,
      url: webhook.url,
      secret: webhook.secret,
      types: webhook.types && JSON.stringify(webhook.types),
      by_user: webhook.byUser,
      created_at: webhook.createdAt.getTime(),
      cursor: webhook.cursor,
    })
    .execute();
}

/** Removes a webhook of a project with all that it did not take; whether it was there. */
export async function deleteWebhook(
  db: Connection,
  projectId: string,
  id: string,
): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('webhooks')
    .where('project_id', '=', projectId)
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

/** How a webhook fares. */
export type WebhookProgress = Pick<
  KeptWebhook,
  'cursor' | 'attempts' | 'refusals' | 'failingSince' | 'lastError' | 'deliveredAt'
>;

/** Saves how far a webhook was told. */
export async function updateWebhook(
  db: Connection,
  id: string,
  { cursor, attempts, refusals, failingSince, lastError, deliveredAt }: WebhookProgress,
): Promise<void> {
  await db
    .updateTable('webhooks')
    .set({
      cursor,
      attempts,
      refusals,
      failing_since: failingSince?.getTime() ?? null,
      last_error: lastError,
      delivered_at: deliveredAt?.getTime() ?? null,
    })
    .where('id', '=', id)
    .execute();
}

/**
 * Claims webhooks that there is something for: those first whose projects have the fewest in hand, and more than one of
 * a project only while enough is left for others (`freeForEach`). `limit` is what is free.
 */
export function claimWebhooks(
  db: Connection,
  claim: Omit<Claim, 'table' | 'only'>,
): Promise<readonly Lease[]> {
  const now = clockOf(db);
  const level = sql`row_number() over (partition by project_id order by lease_until, id)
    + (select count(*) from webhooks as held where held.project_id = due.project_id
      and held.lease_holder = ${claim.holder} and held.lease_until > ${now})`;
  const levels = sql`select id, lease_until, ${level} as level from webhooks as due
    where lease_until <= ${now} and (
      exists (select 1 from project_events where project_events.project_id = due.project_id
        and project_events.id > due.cursor)
      or exists (select 1 from webhook_failures where webhook_failures.webhook_id = due.id and again = 1))`;
  const places = sql`select id, level, row_number() over (order by level, lease_until, id) as place
    from (${levels}) as levels`;
  const only = sql<boolean>`id in (select id from (${places}) as places
    where level = 1 or level * ${freeForEach} <= ${claim.limit} - place + 1)`;
  return claimLeases(db, { table: 'webhooks', only, ...claim });
}

/** Ends the pause of a webhook that nobody is at. */
export async function hurryWebhook(db: Connection, id: string): Promise<void> {
  await db
    .updateTable('webhooks')
    .set({ lease_until: 0 })
    .where('id', '=', id)
    .where('lease_holder', 'is', null)
    .execute();
}

function webhookFromRow(row: Pick<Selectable<WebhookRow>, (typeof columns)[number]>): KeptWebhook {
  return {
    id: row.id,
    projectId: row.project_id,
    url: row.url,
    secret: row.secret,
    types: row.types === null ? null : JSON.parse(row.types),
    byUser: row.by_user,
    createdAt: new Date(row.created_at),
    cursor: row.cursor,
    attempts: row.attempts,
    refusals: row.refusals,
    failingSince: row.failing_since === null ? null : new Date(row.failing_since),
    lastError: row.last_error,
    deliveredAt: row.delivered_at === null ? null : new Date(row.delivered_at),
  };
}
