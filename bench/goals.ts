import type { Figure, Single } from './figures.ts';
import type { MeasurementName } from './options.ts';

/** What stands beside a figure: the machine's own limit, the same service on SQLite, or what it is to replace. */
export type Beside = 'bare' | 'sqlite' | 'glance' | 'other';

interface Goal {
  readonly names: readonly MeasurementName[];
  readonly beside: Beside;
  /** Every number of them, unless it is given. */
  readonly connections?: number;
  readonly atLeast: number;
}

/** The parts, or multiples, of what stands beside them that metadata calls are to reach. */
const goals: readonly Goal[] = [
  { names: ['show'], beside: 'bare', atLeast: 0.5 },
  { names: ['list', 'show'], beside: 'sqlite', connections: 16, atLeast: 0.5 },
  { names: ['list', 'show', 'members'], beside: 'glance', connections: 16, atLeast: 60 },
  { names: ['add', 'status'], beside: 'glance', connections: 1, atLeast: 4 },
  { names: ['add', 'status'], beside: 'glance', connections: 16, atLeast: 20 },
];

export function goalOf(
  name: MeasurementName,
  connections: number,
  beside: Beside,
): number | undefined {
  return goals.find(
    (goal) =>
      goal.names.includes(name) &&
      goal.beside === beside &&
      (goal.connections ?? connections) === connections,
  )?.atLeast;
}

/** Whether a rate is less than it is to be beside its limit. */
export function isMissed(value: number, { value: limit, atLeast }: Figure['limits'][number]) {
  return limit !== undefined && atLeast !== undefined && !(value / limit >= atLeast);
}

/** One line for each figure that is not what it is to be. */
export function misses(figures: readonly Figure[], singles: readonly Single[]): readonly string[] {
  const slow = figures.flatMap(({ name, connections, value, limits }) =>
    limits
      .filter((limit) => isMissed(value, limit))
      .map((limit) => {
        const part = (value / (limit.value ?? Number.NaN)).toFixed(2);
        return `${name}, ${connections}: ${part} of ${limit.name}, at least ${limit.atLeast}`;
      }),
  );
  const large = singles
    .filter(({ value, atMost }) => atMost !== undefined && !(value <= atMost))
    .map(({ name, value, unit, atMost }) => {
      return `${name}: ${value.toFixed(2)} ${unit}, at most ${atMost?.toFixed(2)}`;
    });
  return [...slow, ...large];
}
