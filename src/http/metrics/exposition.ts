import type { Metric } from '../../domain/metric.ts';

/** Metrics of one process among several. */
export interface ProcessMetrics {
  /** What tells the process from the others; undefined where it is alone, and for what is the same whoever tells it. */
  readonly worker: string | undefined;
  readonly metrics: readonly Metric[];
}

/** Metrics as Prometheus reads them. */
export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

const suffixes = { bucket: '_bucket', sum: '_sum', count: '_count' } as const;

/** Writes metrics in the text format of Prometheus 0.0.4; those of several processes are told apart by a label. */
export async function exposition(all: readonly ProcessMetrics[]): Promise<Exposition> {
  // Services that nobody watches run without.
  const { Registry } = await import('prom-client');
  const registry = new Registry();
  for (const metric of merged(all)) registry.registerMetric(metric as never);
  return { contentType: registry.contentType, text: await registry.metrics() };
}

/** Each metric once, as the library reads its own. */
function merged(all: readonly ProcessMetrics[]) {
  const byName = new Map<string, ReturnType<typeof readable>>();
  for (const { worker, metrics } of all) {
    const more = worker === undefined ? {} : { worker };
    for (const metric of metrics) {
      const one = byName.get(metric.name) ?? readable(metric);
      byName.set(metric.name, one);
      for (const { labels, value, part } of metric.samples) {
        const metricName = part ? metric.name + suffixes[part] : metric.name;
        one.values.push({ labels: { ...more, ...labels }, value, metricName });
      }
    }
  }
  return byName.values();
}

function readable({ name, help, type }: Metric) {
  const values: { labels: object; value: number; metricName: string }[] = [];
  return { name, help, type, values, get: async () => ({ name, help, type, values }) };
}
