/** One measured figure with the limit that was measured right beside it. */
export interface Figure {
  readonly name: string;
  /** Connections or parallel streams. */
  readonly connections: number;
  readonly unit: 'requests/s' | 'MiB/s';
  readonly value: number;
  readonly cost?: Cost;
  readonly limits: readonly Limit[];
}

/** What one request costs. */
interface Cost {
  /** Milliseconds. */
  readonly p50: number;
  /** Milliseconds. */
  readonly p99: number;
  /**
   * Processor time of the server in microseconds: changes far less than rates when others load the machine.
   * Absent where the server's process is not known.
   */
  readonly cpu?: number;
}

/** What the same machine does at most, by the least work that gives the caller the same. */
export interface Limit {
  readonly name: string;
  /** In the unit of the figure; absent when the tool is not installed. */
  readonly value: number | undefined;
  readonly cost?: Cost;
  /** The part of it that the project wants to reach at least. */
  readonly atLeast?: number | undefined;
}

/** A figure that has no limit beside it: times and sizes. */
export interface Single {
  readonly name: string;
  readonly value: number;
  readonly unit: 'ms' | 'MiB' | 'MiB/s' | 'us';
  /** The most that the project allows itself, in the same unit. */
  readonly atMost?: number;
}

/** The middle one; of an even number, the upper of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
