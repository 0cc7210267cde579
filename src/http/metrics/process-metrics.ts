import { type Metric, single } from '../../domain/metric.ts';

/** What the system knows of this process, under the names that Prometheus has for it. */
export function processMetrics(): readonly Metric[] {
  const { heapTotal, heapUsed, external, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const gauge = (name: string, help: string, value: number) =>
    single('gauge', name, { help, value });
  return [
    single('counter', 'process_cpu_seconds_total', {
      help: 'Processor time that the process was charged, all its threads together, seconds.',
      value: (user + system) / 1e6,
    }),
    gauge('process_resident_memory_bytes', 'Memory of the process that is in RAM, bytes.', rss),
    gauge(
      'process_start_time_seconds',
      'When the process started, seconds since the epoch.',
      performance.timeOrigin / 1000,
    ),
    gauge('nodejs_heap_size_total_bytes', "Size of JavaScript's heap, bytes.", heapTotal),
    gauge('nodejs_heap_size_used_bytes', "What is in use of JavaScript's heap, bytes.", heapUsed),
    gauge('nodejs_external_memory_bytes', 'Buffers outside of that heap, bytes.', external),
  ];
}
