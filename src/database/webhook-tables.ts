import type { Generated } from 'kysely';
import type { LeaseColumns } from './lease-tables.ts';

/** A URL that a project wants to be told at, and how far it was told. */
export interface WebhookRow extends LeaseColumns {
  id: string;
  project_id: string;
  url: string;
  /** What its messages are signed with, Base64. */
  secret: string;
  /** JSON array; null for all types. */
  types: string | null;
  by_user: string;
  created_at: number;
  /** The number of the newest event that is done with. */
  cursor: number;
  attempts: Generated<number>;
  refusals: Generated<number>;
  failing_since: Generated<number | null>;
  last_error: Generated<string | null>;
  delivered_at: Generated<number | null>;
}

/** An event that a webhook did not take, and that is sent no more unless somebody asks for it. */
export interface WebhookFailureRow {
  webhook_id: string;
  /** The number of the event. */
  number: number;
  /** UUID. */
  event_id: string;
  event_type: string;
  /** The message's body as it was sent. */
  body: string;
  attempts: number;
  status: number | null;
  error: string;
  failed_at: number;
  /** 1 when it is to be sent again. */
  again: number;
}

export interface WebhookTables {
  webhooks: WebhookRow;
  webhook_failures: WebhookFailureRow;
}
