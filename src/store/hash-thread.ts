import { Worker } from 'node:worker_threads';

/** What a hash thread is told. It answers `update` and `digest`, in the order in which they came. */
export type HashOrder =
  | { readonly kind: 'begin'; readonly upload: number; readonly memory: SharedArrayBuffer }
  | {
      readonly kind: 'update';
      readonly upload: number;
      /** Bytes from the start of the upload's memory. */
      readonly offset: number;
      /** Bytes. */
      readonly length: number;
    }
  | { readonly kind: 'digest'; readonly upload: number }
  | { readonly kind: 'forget'; readonly upload: number };

/** What a hash thread answers. */
export interface HashAnswer {
  /** False when the thread has not been told of the upload's beginning. */
  readonly known: boolean;
  /** Lower-case hex; only to `digest`. */
  readonly digest?: string;
}

/** A thread that computes one kind of hash for any number of uploads; started by its first order. */
export interface HashThread extends AsyncDisposable {
  /** For `begin` and `forget`. */
  tell(order: HashOrder): void;
  /** For `update`, which yields an empty string, and `digest`. Rejects when the thread died or dies. */
  ask(order: HashOrder): Promise<string>;
}

/** A thread for `algorithm`, as `node:crypto` names it. After a death the next order starts a new one. */
export function hashThread(algorithm: string): HashThread {
  const awaited: PromiseWithResolvers<string>[] = [];
  let worker: Worker | undefined;

  function bury(dead: Worker, error: Error): void {
    if (worker !== dead) return;
    worker = undefined;
    for (const answer of awaited.splice(0)) answer.reject(error);
  }

  function start(): Worker {
    const started = new Worker(new URL('./hash-worker.js', import.meta.url), {
      workerData: algorithm,
    });
    started.unref();
    started.on('message', ({ known, digest = '' }: HashAnswer) => {
      const answer = awaited.shift();
      if (known) answer?.resolve(digest);
      else answer?.reject(new Error(`The ${algorithm} thread lost the upload.`));
      if (awaited.length === 0) started.unref();
    });
    started.on('error', (error) => bury(started, error));
    started.on('exit', () => bury(started, new Error(`The ${algorithm} thread ended.`)));
    return started;
  }

  function tell(order: HashOrder): void {
    if (!worker && order.kind === 'forget') return;
    worker ??= start();
    worker.postMessage(order);
  }

  return {
    tell,

    ask(order) {
      const answer = Promise.withResolvers<string>();
      awaited.push(answer);
      tell(order);
      // Only a thread that owes an answer keeps the process alive.
      if (awaited.length === 1) worker?.ref();
      return answer.promise;
    },

    async [Symbol.asyncDispose]() {
      await worker?.terminate();
    },
  };
}
