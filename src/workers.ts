import cluster, { type Worker } from 'node:cluster';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from './config.ts';
import { makeDataDir } from './data-dir.ts';
import { lockInstance } from './database/instance-lock.ts';
import { lockFile } from './open-parts.ts';
import type { RunningService } from './server.ts';
import { MetricsRelay } from './worker-metrics.ts';

/** What a worker tells once it serves. */
export type WorkerReady = Pick<RunningService, 'url' | 'cloudsFile'>;

/** The environment variable that tells a worker its number, from 1 on. */
export const workerVariable = 'VITRINE_WORKER';

/** How long a worker that ended stays away at least, ms, so that one that cannot start does not take the machine. */
const restartDelay = 1000;

/**
 * Runs the service in as many processes as the configuration says; one that ends is started again.
 *
 * Each listens on the same port by itself and the system shares the connections out, so none passes through a
 * process that may hand it to one that has just ended.
 *
 * @throws Error for the operator when the first of them, which prepares the database, or another cannot start
 */
export async function startWorkers(config: Config, log: Logger): Promise<RunningService> {
  const dataDir = resolve(config.dataDir);
  makeDataDir(dataDir);
  const lock = lockInstance(join(dataDir, lockFile));
  const running = new Set<Worker>();
  const metrics = new MetricsRelay();
  let isStopping = false;
  /** Where the first listens: a port that the system chose is the others' too. */
  let port = String(config.port);

  async function keep(number: number): Promise<void> {
    while (!isStopping) {
      await wait(restartDelay);
      try {
        if (!isStopping) await start(number);
        return;
      } catch (cause) {
        log.error({ err: cause }, `Worker ${number} could not start; it is tried again.`);
      }
    }
  }

  function start(number: number): Promise<WorkerReady> {
    const worker = cluster.fork({ [workerVariable]: String(number), VITRINE_PORT: port });
    running.add(worker);
    const { promise, resolve: done, reject } = Promise.withResolvers<WorkerReady>();
    let isReady = false;
    worker.on('message', (message: WorkerReady | object) => {
      // It may have been asked for its metrics before.
      if (isReady || !('url' in message)) return;
      isReady = true;
      metrics.add(worker, number);
      done(message);
    });
    worker.once('exit', (code, signal) => {
      running.delete(worker);
      const how = `ended (${signal ?? code})`;
      if (!isReady) {
        const cause = new Error(`The process ${worker.process.pid} ${how}.`);
        reject(new Error(`Worker ${number} ${how} before it was ready; see above.`, { cause }));
      } else if (!isStopping) {
        log.error(`Worker ${number} ${how} and is started again.`);
        void keep(number);
      }
    });
    return promise;
  }

  async function stop(): Promise<void> {
    isStopping = true;
    const ended = [...running].map((worker) => new Promise((gone) => worker.once('exit', gone)));
    for (const worker of running) worker.process.kill('SIGTERM');
    await Promise.all(ended);
    lock[Symbol.dispose]();
  }

  try {
    const first = await start(1);
    port = new URL(first.url).port || port;
    const others = Array.from({ length: config.workers - 1 }, (_, n) => start(n + 2));
    await Promise.all(others);
    return { ...first, stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}
