import { spendFrom } from '../domain/budget.ts';
import type { Rate } from '../domain/rate-limiter.ts';
import type { Connection } from './database.ts';

/** A rate at which somebody may cause mail, whichever process is asked. */
export interface MailBudget {
  readonly key: string;
  readonly rate: Rate;
}

/** Counts once; 0, or for how many milliseconds nothing is left, and then nothing is counted. */
export async function spendBudget(
  db: Connection,
  { key, rate }: MailBudget,
  now: Date,
): Promise<number> {
  // The row is this transaction's from here on, also where it is new.
  const row = await db
    .insertInto('mail_budgets')
    .values({ key, full_at: 0 })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ key }))
    .returning('full_at')
    .executeTakeFirstOrThrow();
  const result = spendFrom(rate, row.full_at, now.getTime());
  if ('wait' in result) return result.wait;
  await setBudget(db, key, result.fullAt);
  return 0;
}

/** Leaves nothing of a budget. */
export async function emptyBudget(
  db: Connection,
  { key, rate }: MailBudget,
  now: Date,
): Promise<void> {
  await spendBudget(db, { key, rate }, now);
  await setBudget(db, key, now.getTime() + rate.burst * 1000);
}

async function setBudget(db: Connection, key: string, fullAt: number): Promise<void> {
  await db.updateTable('mail_budgets').set({ full_at: fullAt }).where('key', '=', key).execute();
}

/** Forgets budgets that are full again, which is what one that was never seen is. */
export async function deleteFullBudgets(db: Connection, now: Date): Promise<void> {
  await db.deleteFrom('mail_budgets').where('full_at', '<=', now.getTime()).execute();
}
