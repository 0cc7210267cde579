import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../database/database.ts';
import {
  claimTask,
  endTask,
  isClaimed,
  isTaskWaiting,
  noteProgress,
  releaseTask,
  releaseTasksOf,
  type TaskClaim,
} from '../database/task-claims.ts';
import { deleteExpiredTasks, insertTask } from '../database/tasks.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { mostAttempts, type Task, type TaskType } from '../domain/task.ts';
import type { Report } from './unwanted-data.ts';

/** One go at a task, by the process that has claimed it. */
export interface TaskRun {
  readonly task: Task;
  /** Aborted when the task is no more this process's, and when the service stops. */
  readonly signal: AbortSignal;
  /** Tells people how far the task is; soon, and not every word. */
  tell(message: string): void;
  /** Changes something, as long as the task is this process's. @throws TaskLostError */
  transaction<T>(change: (db: Connection) => Promise<T>): Promise<T>;
  /** Ends the task in the transaction of its last change. */
  succeed(db: Connection, result: Task['result']): Promise<void>;
  /** Ends the task in the transaction that puts right what it has begun. */
  fail(db: Connection, message: string): Promise<void>;
}

/** What tasks of one type do. */
export interface TaskWork {
  /** Does the task and ends it; what an earlier go has left undone may be there. What it throws fails the task. */
  run(run: TaskRun): Promise<void>;
  /** Puts right what the task has begun, and ends it as failed. */
  giveUp(run: TaskRun, message: string): Promise<void>;
}

/** What is to be done, and for whom. */
export interface TaskOrder extends Pick<Task, 'type' | 'imageId' | 'input'> {
  readonly caller: Caller;
  readonly requestId: string;
}

export interface TaskRunnerOptions {
  readonly database: Database;
  readonly works: Partial<Readonly<Record<TaskType, TaskWork>>>;
  /** Tasks that this process is at at a time. */
  readonly atOnce: number;
  /** How long a task is remembered once it is over, ms. */
  readonly timeToLive: number;
  readonly clock: () => Date;
  readonly report: Report;
}

/**
 * Does tasks: each by one process at a time, and again from its beginning when that process is gone before
 * the task's end.
 */
export interface TaskRunner {
  /** Notes a task in the transaction that asks for it; `wake` begins it. */
  order(db: Connection, order: TaskOrder): Promise<Task>;
  /** Begins what waits, as far as there is room. */
  wake(): void;
  /** Begins what an earlier process of this data folder has left, and what comes; until it is disposed of. */
  start(): Promise<AsyncDisposable>;
}

/** The task was claimed by another process, or ended from outside: whatever is done for it is for nothing. */
export class TaskLostError extends Error {
  constructor(id: string) {
    super(`Task ${id} is not this process's any more.`);
    this.name = 'TaskLostError';
  }
}

/** Between two looks for tasks that others have left, ms. */
const interval = 15_000;

/** Between two signs of life of a task, ms. */
const beat = 1000;

export function taskRunner(options: TaskRunnerOptions): TaskRunner {
  const { database, atOnce, clock, report } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let claiming = Promise.resolve();

  async function claimAll(): Promise<void> {
    const { processes } = database;
    while (running.size < atOnce && !stopping.signal.aborted) {
      // Most of the time there is nothing, which a read tells.
      if (!(await isTaskWaiting(database.read))) return;
      const claim = await database.transaction((db) => claimTask(db, processes.id, clock()));
      if (!claim) return;
      const done = runTask(options, claim, stopping.signal).finally(() => {
        running.delete(done);
        wake();
      });
      running.add(done);
    }
  }

  function wake(): void {
    claiming = claiming
      .then(claimAll)
      .catch((cause: unknown) => report('Tasks could not be begun; it is tried again.', cause));
  }

  async function lookAround(): Promise<void> {
    const { processes } = database;
    try {
      await database.transaction((db) => deleteExpiredTasks(db, clock()));
      for (const gone of await processes.listGone()) {
        await database.transaction((db) => releaseTasksOf(db, gone));
      }
    } catch (cause) {
      report('Tasks of processes that are gone could not be looked for; it is tried again.', cause);
    }
    wake();
  }

  return {
    wake,

    async order(db, { type, imageId, input, caller, requestId }) {
      const at = clock();
      const task: Task = {
        id: randomUUID(),
        type,
        status: 'pending',
        owner: caller.projectId,
        userId: caller.userId,
        requestId,
        imageId,
        input,
        result: null,
        message: '',
        createdAt: at,
        updatedAt: at,
        expiresAt: null,
      };
      await insertTask(db, task);
      return task;
    },

    async start() {
      await database.transaction((db) => releaseTasksOf(db, database.processes.id));
      wake();
      const timer = setInterval(() => void lookAround(), interval);
      return {
        async [Symbol.asyncDispose]() {
          clearInterval(timer);
          stopping.abort(new Error('The service stops.'));
          await claiming;
          await Promise.all(running);
        },
      };
    },
  };
}

async function runTask(
  options: TaskRunnerOptions,
  claim: TaskClaim,
  stopping: AbortSignal,
): Promise<void> {
  const { database, works, report } = options;
  const lost = new AbortController();
  const signal = AbortSignal.any([stopping, lost.signal]);
  using life = signsOfLife(options, claim, (cause) => lost.abort(cause));
  const run = runOf(options, claim, { signal, tell: life.tell });
  const work = works[claim.task.type];
  try {
    if (!work) throw new Error(`There is no work for tasks of type ${claim.task.type}.`);
    if (claim.attempt > mostAttempts) {
      await work.giveUp(run, 'The service ended several times during this task.');
    } else {
      await work.run(run);
    }
  } catch (cause) {
    try {
      if (cause instanceof TaskLostError || lost.signal.aborted) return;
      if (stopping.aborted) await database.transaction((db) => releaseTask(db, claim));
      else await work?.giveUp(run, messageOf(cause, claim, report));
    } catch (failure) {
      if (failure instanceof TaskLostError) return;
      report(
        `Task ${claim.task.id} could not be ended; it is begun again at the next start.`,
        failure,
      );
    }
  }
}

/** What people are told; whatever is no refusal is for the operator alone. */
function messageOf(cause: unknown, { task }: TaskClaim, report: Report): string {
  if (cause instanceof DomainError) return cause.message;
  report(`Task ${task.id} failed.`, cause);
  return 'The service has met an error it did not expect.';
}

function runOf(
  { database, clock, timeToLive }: TaskRunnerOptions,
  claim: TaskClaim,
  { signal, tell }: Pick<TaskRun, 'signal' | 'tell'>,
): TaskRun {
  const { task } = claim;
  const end = (
    db: Connection,
    status: 'success' | 'failure',
    rest: Pick<Task, 'message' | 'result'>,
  ) => {
    const at = clock();
    const expiresAt = new Date(at.getTime() + timeToLive);
    return endTask(db, task.id, { status, ...rest, at, expiresAt });
  };
  return {
    task,
    signal,
    tell,
    transaction: (change) =>
      database.transaction(async (db) => {
        if (!(await isClaimed(db, claim))) throw new TaskLostError(task.id);
        return await change(db);
      }),
    succeed: (db, result) => end(db, 'success', { message: '', result }),
    fail: (db, message) => end(db, 'failure', { message, result: null }),
  };
}

interface Life extends Disposable {
  readonly tell: (message: string) => void;
}

/** Tells of a running task from time to time, and looks whether it is still this process's. */
function signsOfLife(
  { database, clock, report }: TaskRunnerOptions,
  claim: TaskClaim,
  onLoss: (cause: Error) => void,
): Life {
  let message: string | undefined;
  let beating = false;

  async function live(): Promise<void> {
    const news = message;
    message = undefined;
    const isOurs = await database.transaction(async (db) => {
      const holds = await isClaimed(db, claim);
      if (holds) {
        const told = news ?? claim.task.message;
        await noteProgress(db, claim, { message: told, at: clock() });
      }
      return holds;
    });
    if (!isOurs) onLoss(new TaskLostError(claim.task.id));
  }

  const timer = setInterval(() => {
    if (beating) return;
    beating = true;
    live()
      .catch((cause: unknown) => report('How far a task is could not be noted.', cause))
      .finally(() => {
        beating = false;
      });
  }, beat);
  timer.unref();
  return {
    tell: (text) => {
      message = text;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
