/** What a sample is about, beside its metric; values come from short lists that the service or its operator makes, never from callers. */
export type Labels = Readonly<Record<string, string>>;

/** One number. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Which number of a histogram it is. */
  readonly part?: 'bucket' | 'sum' | 'count';
}

/** Something that operators watch, with all its numbers. */
export interface Metric {
  readonly name: string;
  /** What it tells, with its unit. */
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

/** What most metrics are made of: one number. */
export function single(
  type: 'counter' | 'gauge',
  name: string,
  { help, value }: { readonly help: string; readonly value: number },
): Metric {
  return { name, help, type, samples: [{ labels: {}, value }] };
}

/** A metric with a number for each value of one label. */
export function byLabel(
  type: 'counter' | 'gauge',
  name: string,
  {
    help,
    label,
    values,
  }: {
    readonly help: string;
    readonly label: string;
    readonly values: Readonly<Record<string, number>>;
  },
): Metric {
  const samples = Object.entries(values).map(([key, value]) => ({
    labels: { [label]: key },
    value,
  }));
  return { name, help, type, samples };
}
