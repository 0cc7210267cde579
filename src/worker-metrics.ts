import type { Worker } from 'node:cluster';
import type { Metric } from './domain/metric.ts';
import type { ProcessMetrics } from './http/metrics/exposition.ts';

/** What processes of one machine say to each other for the sake of metrics. */
interface Ask {
  readonly metricsFor: number;
}
interface Told {
  readonly metricsOf: number;
  readonly metrics: readonly Metric[];
}
interface Wanted {
  readonly wantsMetrics: number;
}
interface Gathered {
  readonly gathered: number;
  readonly all: readonly ProcessMetrics[];
}

/** How long the slowest process is waited for, ms: one that hangs must not hide the others. */
const patience = 2000;

function has<Key extends string>(message: unknown, key: Key): message is Record<Key, number> {
  return typeof message === 'object' && message !== null && key in message;
}

/**
 * In a worker: reads the metrics of all workers, itself among them, by way of the process that started them. Those of one
 * that does not answer in time are missing.
 */
export function metricsOfWorkers(
  own: () => readonly Metric[],
): () => Promise<readonly ProcessMetrics[]> {
  const asked = new Map<number, (all: readonly ProcessMetrics[]) => void>();
  let last = 0;
  process.on('message', (message: unknown) => {
    if (has(message, 'metricsFor')) {
      process.send?.({ metricsOf: message.metricsFor, metrics: own() } satisfies Told);
    }
    if (has(message, 'gathered')) {
      const { gathered, all } = message as unknown as Gathered;
      asked.get(gathered)?.(all);
      asked.delete(gathered);
    }
  });
  return () => {
    last += 1;
    const { promise, resolve } = Promise.withResolvers<readonly ProcessMetrics[]>();
    asked.set(last, resolve);
    const id = last;
    process.send?.({ wantsMetrics: id } satisfies Wanted);
    // Before this process has said that it is ready nobody answers.
    const timer = setTimeout(() => {
      asked.delete(id);
      resolve([]);
    }, 2 * patience);
    return promise.finally(() => clearTimeout(timer));
  };
}

/** In the process that starts workers: asks all of them for their metrics whenever one of them wants to know. */
export class MetricsRelay {
  private readonly workers = new Map<Worker, number>();
  private readonly waiting = new Map<
    number,
    (worker: Worker, metrics: readonly Metric[]) => void
  >();
  private last = 0;

  /** Takes part until it ends. @param number what it is called in metrics */
  add(worker: Worker, number: number): void {
    this.workers.set(worker, number);
    worker.once('exit', () => this.workers.delete(worker));
    worker.on('message', (message: unknown) => {
      if (has(message, 'wantsMetrics')) void this.gather(worker, message.wantsMetrics);
      if (has(message, 'metricsOf')) {
        const { metricsOf, metrics } = message as unknown as Told;
        this.waiting.get(metricsOf)?.(worker, metrics);
      }
    });
  }

  private async gather(asker: Worker, gathered: number): Promise<void> {
    const all = await this.askAll();
    if (asker.isConnected()) asker.send({ gathered, all } satisfies Gathered);
  }

  private askAll(): Promise<readonly ProcessMetrics[]> {
    this.last += 1;
    const id = this.last;
    const asked = [...this.workers].filter(([worker]) => worker.isConnected());
    const all: ProcessMetrics[] = [];
    const { promise, resolve } = Promise.withResolvers<readonly ProcessMetrics[]>();
    const end = () => {
      clearTimeout(timer);
      this.waiting.delete(id);
      resolve(all);
    };
    const timer = setTimeout(end, patience);
    this.waiting.set(id, (worker, metrics) => {
      all.push({ worker: String(this.workers.get(worker)), metrics });
      if (all.length === asked.length) end();
    });
    for (const [worker] of asked) worker.send({ metricsFor: id } satisfies Ask);
    return promise;
  }
}
