import type { Generated } from 'kysely';
import type { MailMode } from '../domain/mail-address.ts';
import type { LeaseColumns } from './lease-tables.ts';

/** An address that a project wants to be told at, and how far it was told. */
export interface MailAddressRow extends LeaseColumns {
  id: string;
  project_id: string;
  address: string;
  mode: MailMode;
  /** JSON array; null for all kinds. */
  kinds: string | null;
  by_user: string;
  created_at: number;
  verified_at: Generated<number | null>;
  /** Since when a code is to be sent there; null for none. */
  code_asked_at: Generated<number | null>;
  /** A keyed hash; of the newest code that was sent. */
  code_hash: Generated<string | null>;
  code_expires_at: Generated<number | null>;
  code_tries: Generated<number>;
  /** The number of the newest event that is done with. */
  cursor: Generated<number>;
  /** When the next digest is due. */
  due_at: Generated<number>;
  attempts: Generated<number>;
  failing_since: Generated<number | null>;
  last_error: Generated<string | null>;
  sent_at: Generated<number | null>;
}

/** What is left of a rate: see `spendFrom`. */
export interface MailBudgetRow {
  key: string;
  full_at: number;
}

export interface MailTables {
  mail_addresses: MailAddressRow;
  mail_budgets: MailBudgetRow;
}
