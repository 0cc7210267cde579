import { sql } from 'kysely';
import type { Task, TaskStatus } from '../domain/task.ts';
import type { Connection } from './database.ts';
import { isPostgres } from './dialect.ts';
import { findTask } from './tasks.ts';

/** The right of one process to work on a task: it ends when another one claims the task. */
export interface TaskClaim {
  readonly task: Task;
  readonly processId: string;
  /** How often the task was begun, this time included. */
  readonly attempt: number;
}

/** Claims the oldest task that waits for a process; undefined when there is none. Each goes to one process. */
export async function claimTask(
  db: Connection,
  processId: string,
  at: Date,
): Promise<TaskClaim | undefined> {
  let waiting = db
    .selectFrom('tasks')
    .select('id')
    .where('process_id', 'is', null)
    .where('status', 'in', ['pending', 'processing'])
    .orderBy('created_at')
    .limit(1);
  // Whoever claims at the same time takes the next one.
  if (isPostgres(db)) waiting = waiting.forUpdate().skipLocked();
  const found = await waiting.executeTakeFirst();
  if (!found) return undefined;
  const row = await db
    .updateTable('tasks')
    .set((eb) => ({
      status: 'processing' as const,
      process_id: processId,
      attempts: eb('attempts', '+', 1),
      updated_at: at.getTime(),
    }))
    .where('id', '=', found.id)
    .returning('attempts')
    .executeTakeFirstOrThrow();
  const task = await findTask(db, found.id, at);
  return task && { task, processId, attempt: row.attempts };
}

/** Whether the claim still holds. Within a transaction it then does until that ends. */
export async function isClaimed(db: Connection, claim: TaskClaim): Promise<boolean> {
  let query = db
    .selectFrom('tasks')
    .select('id')
    .where('id', '=', claim.task.id)
    .where('status', '=', 'processing')
    .where('process_id', '=', claim.processId)
    .where('attempts', '=', claim.attempt);
  if (isPostgres(db)) query = query.forUpdate();
  return (await query.executeTakeFirst()) !== undefined;
}

/** Tells how far a claimed task is, which is a sign of life. */
export async function noteProgress(
  db: Connection,
  { task }: TaskClaim,
  { message, at }: { readonly message: string; readonly at: Date },
): Promise<void> {
  await db
    .updateTable('tasks')
    .set({ message, updated_at: at.getTime() })
    .where('id', '=', task.id)
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
      process_id: null,
      updated_at: end.at.getTime(),
      expires_at: end.expiresAt.getTime(),
    })
    .where('id', '=', id)
    .where('status', 'in', ['pending', 'processing'])
    .execute();
}

/** Gives a task back that could not be brought to its end now; it was no attempt. */
export async function releaseTask(db: Connection, { task, processId }: TaskClaim): Promise<void> {
  await db
    .updateTable('tasks')
    .set((eb) => ({ process_id: null, attempts: eb('attempts', '-', 1) }))
    .where('id', '=', task.id)
    .where('process_id', '=', processId)
    .execute();
}

/** Lets others claim what a process that is gone was at; whether there was anything. */
export async function releaseTasksOf(db: Connection, processId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('tasks')
    .set({ process_id: null })
    .where('process_id', '=', processId)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Whether a task waits for a process. */
export async function isTaskWaiting(db: Connection): Promise<boolean> {
  const { rows } = await sql`select 1 from tasks
    where process_id is null and status in ('pending', 'processing') limit 1`.execute(db);
  return rows.length > 0;
}
