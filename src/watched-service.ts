import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { type Metric, single } from './domain/metric.ts';
import type { AppOptions } from './http/app.ts';
import { loopDelay } from './http/loop-delay.ts';
import { processMetrics } from './http/metrics/process-metrics.ts';
import { traffic } from './http/metrics/traffic.ts';
import type { UploadRoom } from './service/upload-room.ts';
import { workMetrics } from './service/work-metrics.ts';
import type { StoreWatch } from './store/watched-store.ts';
import { metricsOfWorkers } from './worker-metrics.ts';

interface WatchedParts {
  readonly database: Database;
  readonly room: UploadRoom;
  readonly stores: Pick<StoreWatch, 'metrics'>;
  /** Which of several processes this is. */
  readonly worker: number | undefined;
}

/** What counts in a service, put together for those who watch it. */
interface WatchedService extends Disposable {
  readonly app: Pick<AppOptions, 'metricsToken' | 'readMetrics' | 'traffic'>;
}

/** Has every part of a service tell how it fares. */
export function watchService(
  config: Config,
  { database, room, stores, worker }: WatchedParts,
): WatchedService {
  const passing = traffic();
  const delay = loopDelay(0);
  const own = () => [
    ...passing.metrics(),
    ...delay.metrics(),
    ...processMetrics(),
    ...database.metrics(),
    ...stores.metrics(),
    ...roomMetrics(room),
  ];
  const readEach =
    worker === undefined
      ? async () => [{ worker: undefined, metrics: own() }]
      : metricsOfWorkers(own);
  const shared = remembered(() => workMetrics(database));
  return {
    app: {
      traffic: passing,
      metricsToken: config.metricsToken,
      async readMetrics() {
        // What is the same whichever process tells it comes once.
        const [each, metrics] = await Promise.all([readEach(), shared()]);
        return [...each, { worker: undefined, metrics }];
      },
    },
    [Symbol.dispose]: () => delay[Symbol.dispose](),
  };
}

/** For how long (ms) the database is not asked again, however many ask here. */
const freshTime = 1000;

function remembered<T>(read: () => Promise<T>): () => Promise<T> {
  let last: { readonly at: number; readonly read: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > freshTime) last = { at: now, read: read() };
    return last.read;
  };
}

function roomMetrics(room: UploadRoom): readonly Metric[] {
  const help = 'Uploads of unknown size that wait for others to give room back.';
  return [single('gauge', 'vitrine_uploads_waiting_for_room', { help, value: room.waiting() })];
}
