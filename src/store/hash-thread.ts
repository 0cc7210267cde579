import { Worker } from 'node:worker_threads';

/** What a hash thread is told and need not answer. */
export type HashNotice =
  | { readonly kind: 'begin'; readonly upload: number; readonly memory: SharedArrayBuffer }
  | { readonly kind: 'forget'; readonly upload: number };

/** What a hash thread is asked. */
export type HashQuestion =
  | {
      readonly kind: 'update';
      readonly upload: number;
      /** Bytes from the start of the upload's memory. */
      readonly offset: number;
      /** Bytes. */
      readonly length: number;
    }
  | { readonly kind: 'digest'; readonly upload: number }
  /** The checksums of the chunks, after `digest`; of a thread for SHA-512 alone. */
  | { readonly kind: 'sums'; readonly upload: number };

/** What comes to a hash thread; it answers questions by their number, in any order. */
export type HashOrder = HashNotice | (HashQuestion & { readonly number: number });

/** What a hash thread answers. */
export interface HashAnswer {
  readonly number: number;
  /** False when the thread has not been told of the upload's beginning. */
  readonly known: boolean;
  /** Lower-case hex; only to `digest` and `sums`. */
  readonly digest?: string | undefined;
}

/** A thread that computes one kind of hash for any number of uploads; started by its first order. */
export interface HashThread extends AsyncDisposable {
  tell(notice: HashNotice): void;
  /** An update yields an empty string. Rejects when the thread died or dies. */
  ask(question: HashQuestion): Promise<string>;
}

/** A thread for `algorithm`, as `node:crypto` names it. After a death the next order starts a new one. */
export function hashThread(algorithm: string): HashThread {
  const awaited = new Map<number, PromiseWithResolvers<string>>();
  let questions = 0;
  let worker: Worker | undefined;

  function bury(dead: Worker, error: Error): void {
    if (worker !== dead) return;
    worker = undefined;
    for (const answer of awaited.values()) answer.reject(error);
    awaited.clear();
  }

  function start(): Worker {
    const started = new Worker(new URL('./hash-worker.js', import.meta.url), {
      workerData: algorithm,
      // Nothing in there lives long but the states of uploads, which grow old: more room for young objects stands empty.
      resourceLimits: { maxYoungGenerationSizeMb: 1 },
    });
    started.unref();
    started.on('message', ({ number, known, digest = '' }: HashAnswer) => {
      const answer = awaited.get(number);
      awaited.delete(number);
      if (known) answer?.resolve(digest);
      else answer?.reject(new Error(`The ${algorithm} thread lost the upload.`));
      if (awaited.size === 0) started.unref();
    });
    started.on('error', (error) => bury(started, error));
    started.on('exit', () => bury(started, new Error(`The ${algorithm} thread ended.`)));
    return started;
  }

  function send(order: HashOrder): void {
    worker ??= start();
    worker.postMessage(order);
  }

  return {
    tell(notice) {
      if (worker || notice.kind !== 'forget') send(notice);
    },

    ask(question) {
      const answer = Promise.withResolvers<string>();
      questions += 1;
      awaited.set(questions, answer);
      send({ ...question, number: questions });
      // Only a thread that owes an answer keeps the process alive.
      if (awaited.size === 1) worker?.ref();
      return answer.promise;
    },

    async [Symbol.asyncDispose]() {
      await worker?.terminate();
    },
  };
}
