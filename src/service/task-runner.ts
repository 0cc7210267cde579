import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../database/database.ts';
import type { Lease } from '../database/leases.ts';
import {
  beginTask,
  claimTasks,
  endTask,
  forgetAttempt,
  holdsTask,
  noteProgress,
} from '../database/task-claims.ts';
import { deleteExpiredTasks, insertTask } from '../database/tasks.ts';
import type { Caller } from '../domain/caller.ts';
import { DomainError } from '../domain/errors.ts';
import { mostAttempts, type Task, type TaskType } from '../domain/task.ts';
import type { Job } from './jobs.ts';
import { type LeasedWork, startLeasedWork } from './leased-work.ts';
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
  /** Whether it is to be done with the caller's token, which this process alone has: so it is this process's to do. */
  readonly needsToken?: boolean;
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
  /** Ends a task from outside, as failed, in the transaction that makes it pointless. */
  end(db: Connection, taskId: string, message: string): Promise<void>;
  /** Begins what waits, as far as there is room. */
  wake(): void;
  /** Begins what earlier processes have left, and what comes; until it is disposed of. */
  start(): AsyncDisposable;
  /** Forgets tasks whose time is over. */
  readonly job: Job;
}

/** The task was claimed by another process, or ended from outside: whatever is done for it is for nothing. */
export class TaskLostError extends Error {
  constructor(id: string) {
    super(`Task ${id} is not this process's any more.`);
    this.name = 'TaskLostError';
  }
}

/** Between two signs of life of a task, ms. */
const beat = 1000;

/** Until a task that could not even be ended is begun again, ms. */
const retryTime = 60_000;

export function taskRunner(options: TaskRunnerOptions): TaskRunner {
  const { database, atOnce, clock, report } = options;
  let working: LeasedWork | undefined;
  const wake = () => working?.wake();

  return {
    wake,

    async order(db, { type, imageId, input, caller, requestId, needsToken = false }) {
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
      await insertTask(db, task, needsToken ? database.processes.id : null);
      return task;
    },

    end: (db, taskId, message) =>
      endTask(db, taskId, { ...endOf(options, 'failure'), message, result: null }),

    start() {
      working = startLeasedWork({
        database,
        table: 'tasks',
        claim: claimTasks,
        async work(lease, signal) {
          await runTask(options, lease, signal);
          // Whatever was ordered while there was no room for it.
          setImmediate(wake);
          return undefined;
        },
        retryAfter: () => retryTime,
        limit: atOnce,
        failure: 'A task could not be ended; it is begun again.',
        report,
      });
      return working;
    },

    job: {
      name: 'forgetting tasks',
      interval: 600_000,
      failure: 'Tasks whose time is over could not be forgotten; it is tried again.',
      run: () => database.transaction((db) => deleteExpiredTasks(db, clock())),
    },
  };
}

/** @throws the signal's reason when it was cut off; what kept the task from being ended */
async function runTask(
  options: TaskRunnerOptions,
  lease: Lease,
  stopped: AbortSignal,
): Promise<void> {
  const { database, works, clock, report } = options;
  const begun = await database.transaction((db) => beginTask(db, lease, clock()));
  if (!begun) return;
  const { task } = begun;
  const lost = new AbortController();
  const signal = AbortSignal.any([stopped, lost.signal]);
  using life = signsOfLife(options, { lease, task, onLoss: (cause) => lost.abort(cause) });
  const run = runOf(options, { lease, task, signal, tell: life.tell });
  const work = works[task.type];
  if (!work) throw new Error(`There is no work for tasks of type ${task.type}.`);
  try {
    if (begun.number > mostAttempts) {
      await work.giveUp(run, 'The service ended several times during this task.');
    } else {
      await work.run(run);
    }
  } catch (cause) {
    if (isLost(cause) || lost.signal.aborted) return;
    if (stopped.aborted) {
      await database.transaction(async (db) => {
        if (await holdsTask(db, lease)) await forgetAttempt(db, task.id);
      });
      throw cause;
    }
    await work.giveUp(run, messageOf(cause, task, report)).catch((failure: unknown) => {
      if (!isLost(failure)) throw failure;
    });
  }
}

function isLost(cause: unknown): boolean {
  return cause instanceof TaskLostError;
}

/** What people are told; whatever is no refusal is for the operator alone. */
function messageOf(cause: unknown, task: Task, report: Report): string {
  if (cause instanceof DomainError) return cause.message;
  report(`Task ${task.id} failed.`, cause);
  return 'The service has met an error it did not expect.';
}

/** A task that this process is at. */
interface Claimed {
  readonly lease: Lease;
  readonly task: Task;
}

/** A task that ends now. */
function endOf<Status extends 'success' | 'failure'>(
  { clock, timeToLive }: TaskRunnerOptions,
  status: Status,
) {
  const at = clock();
  return { status, at, expiresAt: new Date(at.getTime() + timeToLive) };
}

function runOf(
  options: TaskRunnerOptions,
  { lease, task, signal, tell }: Claimed & Pick<TaskRun, 'signal' | 'tell'>,
): TaskRun {
  const { database } = options;
  return {
    task,
    signal,
    tell,
    transaction: (change) =>
      database.transaction(async (db) => {
        if (!(await holdsTask(db, lease))) throw new TaskLostError(task.id);
        return await change(db);
      }),
    succeed: (db, result) =>
      endTask(db, task.id, { ...endOf(options, 'success'), message: '', result }),
    fail: (db, message) =>
      endTask(db, task.id, { ...endOf(options, 'failure'), message, result: null }),
  };
}

interface Life extends Disposable {
  readonly tell: (message: string) => void;
}

/** Tells of a running task from time to time, and looks whether it is still this process's. */
function signsOfLife(
  { database, clock, report }: TaskRunnerOptions,
  { lease, task, onLoss }: Claimed & { readonly onLoss: (cause: Error) => void },
): Life {
  let message: string | undefined;
  let told = task.message;
  let beating = false;

  async function live(): Promise<void> {
    const news = message;
    message = undefined;
    const isOurs = await database.transaction(async (db) => {
      const holds = await holdsTask(db, lease);
      if (holds) {
        told = news ?? told;
        await noteProgress(db, task.id, { message: told, at: clock() });
      }
      return holds;
    });
    if (!isOurs) onLoss(new TaskLostError(task.id));
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
