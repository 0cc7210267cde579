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
  return middleOf(values, (value) => value) ?? Number.NaN;
}

/** The same of what has a value; undefined for none. */
export function middleOf<T>(all: readonly T[], rate: (one: T) => number): T | undefined {
  return all.toSorted((a, b) => rate(a) - rate(b))[Math.floor(all.length / 2)];
}

/** Does each of some works `rounds` times in turn, each time beginning with another; gives what each had. */
export async function inTurn<T>(
  rounds: number,
  works: readonly ((round: number) => Promise<T>)[],
): Promise<readonly (readonly T[])[]> {
  const results = works.map((): T[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let n = 0; n < works.length; n += 1) {
      const index = (round + n) % works.length;
      const result = await works[index]?.(round);
      if (result !== undefined) results[index]?.push(result);
    }
  }
  return results;
}
