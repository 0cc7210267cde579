import { performance } from 'node:perf_hooks';
import { histogram } from '../domain/histogram.ts';
import { type Metric, single } from '../domain/metric.ts';

/** Between two looks, ms. */
const interval = 50;

/** How long the service takes to get round to what has come in. */
export interface LoopDelay extends Disposable {
  /** Whether it has been later than it may be for more than a moment: a machine that stood still for once is no overload. */
  isLate(): boolean;
  metrics(): readonly Metric[];
}

/**
 * Watches by how much a timer comes late: whoever asks waits as long, and what else has come in with it.
 *
 * @param most ms; 0 for no limit
 */
export function loopDelay(most: number): LoopDelay {
  const seconds = histogram();
  const begin = performance.eventLoopUtilization();
  let late = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const delay = Math.max(0, now - last - interval);
    last = now;
    seconds.observe(delay / 1000);
    late = most > 0 && delay > most ? late + 1 : 0;
  }, interval).unref();

  return {
    isLate: () => late > 1,
    [Symbol.dispose]: () => clearInterval(timer),

    metrics: () => [
      {
        name: 'vitrine_event_loop_delay_seconds',
        help: `How late the process got round to what it was to do, looked at every ${interval} ms.`,
        type: 'histogram',
        samples: seconds.samples({}),
      },
      single('counter', 'vitrine_event_loop_active_seconds_total', {
        help: 'Seconds for which the process had something to do; its rate is the share of a core that the thread is busy.',
        value: performance.eventLoopUtilization(begin).active / 1000,
      }),
    ],
  };
}
