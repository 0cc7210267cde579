import type { Labels, Sample } from './metric.ts';

/** Counts how long things took. */
export interface Histogram {
  /** @param value seconds, as the bounds are */
  observe(value: number): void;
  /** How many there were so far. */
  count(): number;
  samples(labels: Labels): readonly Sample[];
}

/** From a memory's answer to a long wait, seconds. */
export const usualBounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

/** @param bounds inclusive upper bounds of its buckets, rising */
export function histogram(bounds: readonly number[] = usualBounds): Histogram {
  const counts = new Float64Array(bounds.length + 1);
  let sum = 0;

  return {
    observe(value) {
      sum += value;
      let n = 0;
      // Nearly all are in the first few.
      while (n < bounds.length && value > (bounds[n] as number)) n += 1;
      counts[n] = (counts[n] as number) + 1;
    },

    count: () => counts.reduce((all, one) => all + one, 0),

    samples(labels) {
      let below = 0;
      const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, n): Sample => {
        below += counts[n] ?? 0;
        const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound);
        return { labels: { ...labels, le }, value: below, part: 'bucket' };
      });
      return [
        ...buckets,
        { labels, value: sum, part: 'sum' },
        { labels, value: below, part: 'count' },
      ];
    },
  };
}
