import { Worker } from 'node:worker_threads';
import type { Guard } from './sqlite-failures.ts';

/** What the thread is asked for, one thing at a time. */
export type CheckpointOrder = 'copy' | 'restart' | 'close';

/** What it answers. */
export interface CheckpointAnswer {
  /** False when it has to be tried again later. */
  readonly isDone: boolean;
  /** In SQLite's own words and its extended code. */
  readonly failure?: { readonly message: string; readonly errcode: number };
}

export interface CheckpointsOptions {
  /** Of the database. */
  readonly path: string;
  readonly guard: Guard;
  /** Bytes of the log that are worth a checkpoint. */
  readonly size: number;
  /** Bytes in the log now. */
  readonly logSize: () => number;
  /** Does the same on the connection that changes run on, which waits for the disk. */
  readonly checkpointHere: () => void;
  /** Told once when the thread cannot do it, until it can again. */
  readonly report: (message: string, cause: unknown) => void;
}

/**
 * Brings the write-ahead log into the database's file, by a thread that waits for the disk in the place of the one that
 * answers everybody. Most of it is done beside changes; for the rest, and to begin the log anew, they wait.
 */
export interface Checkpoints {
  /** To be called after each commit that changed so many rows. */
  consider(rows: number): void;
  /** What has to be done before the next transaction, with none open and nobody reading; mostly nothing. */
  due(): (() => Promise<void>) | undefined;
  close(): Promise<void>;
}

/** How many times larger than what is worth a checkpoint a log may become before changes wait for it. */
const most = 4;

/** Bytes that are taken to be the least of the log that a changed row needs a look at, and more than it mostly takes. */
const perRow = 16 * 1024;

export function checkpoints(options: CheckpointsOptions): Checkpoints {
  const { path, guard, size, logSize, checkpointHere, report } = options;
  const thread = checkpointThread(path);
  let next = size;
  let known = 0;
  let unseen = 0;
  let copying: Promise<void> | undefined;
  let isCopied = false;
  let isFailing = false;

  /** Whether it was done; of a disk that cannot be trusted the guard tells, once and for all. */
  async function ask(order: CheckpointOrder): Promise<boolean> {
    try {
      const { isDone, failure } = await thread.ask(order);
      if (failure) guard(() => raise(failure));
      isFailing = false;
      return isDone;
    } catch (cause) {
      if (!isFailing) {
        report(
          'The write-ahead log could not be brought into the database; it is tried again.',
          cause,
        );
      }
      isFailing = true;
      return false;
    }
  }

  /** Better that all wait for the disk than that the log grows for ever. */
  async function doHere(): Promise<void> {
    try {
      checkpointHere();
    } catch {
      // The guard has told of what is final; of the rest somebody has been told.
    }
    known = 0;
    next = size;
  }

  async function copy(): Promise<void> {
    isCopied = await ask('copy');
    copying = undefined;
    if (!isCopied) next = known + size;
  }

  async function restart(): Promise<void> {
    isCopied = false;
    next = (await ask('restart')) ? size : known + size;
  }

  /** What stands in the way of looking will be in that of the next change. */
  function look(): number {
    try {
      return logSize();
    } catch {
      return 0;
    }
  }

  return {
    consider(rows) {
      unseen += rows;
      // To look takes longer than to change a row.
      if (unseen < size / perRow) return;
      unseen = 0;
      known = look();
      if (!copying && !isCopied && known >= next) copying = copy();
    },

    due() {
      if (isCopied) return restart;
      if (isFailing && !copying && known > most * size) return doHere;
      const wait = copying;
      return wait && known > most * size ? () => wait : undefined;
    },

    async close() {
      await copying;
      await thread.close();
    },
  };
}

function raise({ message, errcode }: { message: string; errcode: number }): never {
  throw Object.assign(new Error(`The write-ahead log: ${message}`), { errcode });
}

/** The thread, which is started by the first order and again after it died. */
function checkpointThread(path: string) {
  let worker: Worker | undefined;

  function start(): Worker {
    const started = new Worker(new URL('./checkpoint-worker.js', import.meta.url), {
      workerData: path,
    });
    started.unref();
    // Whoever waits for an answer is told, and the next order starts another.
    started.on('error', () => {});
    started.on('exit', () => {
      if (worker === started) worker = undefined;
    });
    return started;
  }

  function ask(order: CheckpointOrder): Promise<CheckpointAnswer> {
    worker ??= start();
    const asked = worker;
    return new Promise((resolve, reject) => {
      const end = () => {
        asked.off('message', answered).off('error', died).off('exit', died);
        asked.unref();
      };
      const answered = (answer: CheckpointAnswer) => {
        end();
        resolve(answer);
      };
      const died = (cause: unknown) => {
        end();
        reject(new Error('The thread for checkpoints ended.', { cause }));
      };
      asked.on('message', answered).on('error', died).on('exit', died);
      // A change may wait for the answer, and the process for the change.
      asked.ref();
      asked.postMessage(order);
    });
  }

  return {
    ask,
    async close(): Promise<void> {
      const ended = worker;
      if (!ended) return;
      await ask('close').catch(() => {});
      worker = undefined;
      await ended.terminate();
    },
  };
}
