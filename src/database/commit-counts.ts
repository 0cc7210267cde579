import { DomainError } from '../domain/errors.ts';
import { type Histogram, histogram } from '../domain/histogram.ts';
import { type Metric, single } from '../domain/metric.ts';

/** How changes went, in plain numbers. */
export interface CommitCounts {
  /** Changes that took effect. */
  committed: number;
  /** Changes that the database could not make; what the service itself refused is none of them. */
  failed: number;
  /** What a commit waited for the disk, seconds. */
  readonly waits: Histogram;
}

export function commitCounts(): CommitCounts {
  return { committed: 0, failed: 0, waits: histogram() };
}

/** Counts a change by what became of it. */
export async function counted<T>(counts: CommitCounts, change: Promise<T>): Promise<T> {
  try {
    const result = await change;
    counts.committed += 1;
    return result;
  } catch (cause) {
    const isRefusal = cause instanceof DomainError && cause.code !== 'DatabaseUnavailable';
    if (!isRefusal) counts.failed += 1;
    throw cause;
  }
}

/** @param waiting changes that wait for their turn, or for a connection */
export function commitMetrics(
  { committed, failed, waits }: CommitCounts,
  waiting: number,
): readonly Metric[] {
  return [
    single('counter', 'vitrine_database_transactions_total', {
      help: 'Transactions of changes that were committed.',
      value: committed,
    }),
    single('counter', 'vitrine_database_failures_total', {
      help: 'Transactions of changes that failed for a reason of the database.',
      value: failed,
    }),
    {
      name: 'vitrine_database_sync_seconds',
      help: 'What commits waited for the disk: the sync of the log of SQLite, which many share; the answer to the commit of PostgreSQL.',
      type: 'histogram',
      samples: waits.samples({}),
    },
    single('gauge', 'vitrine_database_changes_waiting', {
      help: 'Changes that wait for their turn on SQLite, or for a connection to PostgreSQL.',
      value: waiting,
    }),
  ];
}
