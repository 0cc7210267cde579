import { sql } from 'kysely';
import type { Task, TaskStatus } from '../domain/task.ts';
import type { Connection } from './database.ts';
import { clockOf } from './dialect.ts';
import { type Claim, claimLeases, holdsLease, type Lease } from './leases.ts';
import { goneAfter } from './process-tables.ts';
import { findTask } from './tasks.ts';

/**
 * Claims tasks that wait for a process, or whose process is gone. One that needs a token is for the process that has it, as long
 * as that is there; whoever claims it afterwards can but fail it.
 */
export function claimTasks(
  db: Connection,
  claim: Omit<Claim, 'table' | 'only'>,
): Promise<readonly Lease[]> {
  return claimLeases(db, {
    table: 'tasks',
    only: sql`status in ('pending', 'processing') and (
      token_holder is null or token_holder = ${claim.holder} or not exists (
        select 1 from processes where processes.id = token_holder
          and seen_at > ${clockOf(db)} - ${sql.lit(goneAfter * 1000)}
      ))`,
    ...claim,
  });
}

/** A go at a task. */
export interface Attempt {
  readonly task: Task;
  /** How often the task was begun, this time included. */
  readonly number: number;
}

/** Begins a claimed task; undefined when it is over, or somebody else's. */
export async function beginTask(
  db: Connection,
  lease: Lease,
  at: Date,
): Promise<Attempt | undefined> {
  if (!(await holdsTask(db, lease))) return undefined;
  const { attempts } = await db
    .updateTable('tasks')
    .set((eb) => ({
      status: 'processing' as const,
      attempts: eb('attempts', '+', 1),
      updated_at: at.getTime(),
    }))
    .where('id', '=', lease.key)
    .returning('attempts')
    .executeTakeFirstOrThrow();
  const task = await findTask(db, lease.key, at);
  return task && { task, number: attempts };
}

/** Whether a task that is not over is still the claim's. Within a transaction it then is until that ends. */
export async function holdsTask(db: Connection, lease: Lease): Promise<boolean> {
  if (!(await holdsLease(db, lease))) return false;
  const row = await db
    .selectFrom('tasks')
    .select('status')
    .where('id', '=', lease.key)
    .executeTakeFirst();
  return row?.status === 'pending' || row?.status === 'processing';
}

/** Tells how far a task is, which is a sign of life. */
export async function noteProgress(
  db: Connection,
  id: string,
  { message, at }: { readonly message: string; readonly at: Date },
): Promise<void> {
  await db
    .updateTable('tasks')
    .set({ message, updated_at: at.getTime() })
    .where('id', '=', id)
    .execute();
}

/** Notes the image that a task has made. */
export async function setTaskImage(db: Connection, id: string, imageId: string): Promise<void> {
  await db.updateTable('tasks').set({ image_id: imageId }).where('id', '=', id).execute();
}

/** The image that a task is for, or has made. */
export async function findTaskImage(db: Connection, id: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('tasks')
    .select('image_id')
    .where('id', '=', id)
    .executeTakeFirst();
  return row?.image_id ?? undefined;
}

/** Takes a go back that the end of the service cut off: it was no attempt. */
export async function forgetAttempt(db: Connection, id: string): Promise<void> {
  await db
    .updateTable('tasks')
    .set((eb) => ({ attempts: eb('attempts', '-', 1) }))
    .where('id', '=', id)
    .execute();
}

/** How a task ended. */
export interface TaskEnd {
  readonly status: Extract<TaskStatus, 'success' | 'failure'>;
  readonly message: string;
  readonly result: Task['result'];
  readonly at: Date;
  /** When it is forgotten. */
  readonly expiresAt: Date;
}

/** Ends a task, unless it is over already. */
export async function endTask(db: Connection, id: string, end: TaskEnd): Promise<void> {
  await db
    .updateTable('tasks')
    .set({
      status: end.status,
      message: end.message,
      result: end.result && JSON.stringify(end.result),
      updated_at: end.at.getTime(),
      expires_at: end.expiresAt.getTime(),
    })
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'processing'])
    .execute();
}
