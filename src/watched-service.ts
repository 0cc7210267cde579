import { join, resolve } from 'node:path';
import type { Config } from './config.ts';
import type { Database } from './database/database.ts';
import { byLabel, type Metric, single } from './domain/metric.ts';
import type { AppOptions } from './http/app.ts';
import type { HealthOptions } from './http/health.ts';
import { loopDelay } from './http/loop-delay.ts';
import { processMetrics } from './http/metrics/process-metrics.ts';
import { traffic } from './http/metrics/traffic.ts';
import type { UploadRoom } from './service/upload-room.ts';
import type { Verification } from './service/verification.ts';
import { workMetrics } from './service/work-metrics.ts';
import type { ImageCache } from './store/cache/image-cache.ts';
import { type StoreHealth, storesHealth } from './store/store-health.ts';
import type { Stores } from './store/stores.ts';
import type { StoreWatch } from './store/watched-store.ts';
import { metricsOfWorkers } from './worker-metrics.ts';

interface WatchedParts {
  readonly database: Database;
  readonly room: UploadRoom;
  readonly verification: Pick<Verification, 'metrics'>;
  readonly stores: Stores;
  readonly cache: ImageCache | undefined;
  readonly storeWatch: Pick<StoreWatch, 'metrics'>;
  /** Which of several processes this is. */
  readonly worker: number | undefined;
}

/** What counts in a service, put together for those who watch it. */
interface WatchedService extends Disposable {
  readonly app: Omit<HealthOptions, 'isClosing'> &
    Pick<AppOptions, 'delay' | 'metricsToken' | 'readMetrics' | 'traffic'>;
}

/** Has every part of a service tell how it fares. */
export function watchService(
  config: Config,
  { database, room, verification, stores, cache, storeWatch, worker }: WatchedParts,
): WatchedService {
  const passing = traffic();
  const delay = loopDelay(config.maxLoopDelay);
  const own = () => [
    ...passing.metrics(),
    ...delay.metrics(),
    ...processMetrics(),
    ...database.metrics(),
    ...storeWatch.metrics(),
    ...roomMetrics(room),
    ...verification.metrics(),
    ...(cache?.metrics() ?? []),
  ];
  const readEach =
    worker === undefined
      ? async () => [{ worker: undefined, metrics: own() }]
      : metricsOfWorkers(own);
  const checkStores = storesHealth(stores.all.map(({ store }) => store));
  const shared = remembered(() => workMetrics(database));
  return {
    app: {
      disableFile: join(resolve(config.dataDir), 'disabled'),
      checkDatabase: () => database.check(),
      checkStores,
      needsStores: config.healthcheckStores,
      traffic: passing,
      delay,
      metricsToken: config.metricsToken,
      async readMetrics() {
        // What is the same whichever process tells it comes once.
        const [each, work, health] = await Promise.all([readEach(), shared(), checkStores()]);
        const levels = cache?.levels() ?? [];
        return [
          ...each,
          { worker: undefined, metrics: [...work, healthMetric(health), ...levels] },
        ];
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

function healthMetric(stores: readonly StoreHealth[]): Metric {
  return byLabel('gauge', 'vitrine_store_up', {
    help: 'Whether the store can be used, by a look some seconds ago at most: 1 or 0.',
    label: 'store',
    values: Object.fromEntries(stores.map(({ id, isUp }) => [id, isUp ? 1 : 0])),
  });
}

function roomMetrics(room: UploadRoom): readonly Metric[] {
  const help = 'Uploads of unknown size that wait for others to give room back.';
  return [single('gauge', 'vitrine_uploads_waiting_for_room', { help, value: room.waiting() })];
}
