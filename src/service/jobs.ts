import type { Database } from '../database/database.ts';
import { claimJobs, insertJob } from '../database/leases.ts';
import { type LeasedWork, startLeasedWork, usualInterval, usualTtl } from './leased-work.ts';
import type { Report } from './unwanted-data.ts';

/** What one process of all does from time to time. */
export interface Job {
  readonly name: string;
  /** Between its end and the next begin, ms. */
  readonly interval: number;
  /** What the operator is told when it fails. */
  readonly failure: string;
  /** Must bear to be done again from the start; `signal` is aborted when another process is at it, or the service stops. */
  run(signal: AbortSignal): Promise<void>;
}

export interface JobsOptions {
  readonly database: Database;
  readonly jobs: readonly Job[];
  /** Without a sign of life for so long (ms) another process takes a job over. */
  readonly ttl?: number;
  readonly report: Report;
}

/** Does each job when its time has come, unless another process does. */
export async function startJobs({
  database,
  jobs,
  ttl = usualTtl,
  report,
}: JobsOptions): Promise<LeasedWork> {
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const names = [...byName.keys()];
  await database.transaction(async (db) => {
    for (const name of names) await insertJob(db, name);
  });
  return startLeasedWork({
    database,
    table: 'jobs',
    claim: (db, claim) => claimJobs(db, names, claim),
    async work({ key }, signal) {
      const job = byName.get(key);
      await job?.run(signal).catch((cause: unknown) => {
        if (!signal.aborted) report(job.failure, cause);
      });
      return job?.interval ?? 0;
    },
    retryAfter: () => 0,
    limit: names.length,
    ttl,
    interval: Math.min(usualInterval, ...jobs.map(({ interval }) => interval)),
    failure: '',
    report,
  });
}
