import type { Database } from '../database/database.ts';
import { findScrubRun } from '../database/scrub-runs.ts';
import { countTroubledData, countWork, oldestLook } from '../database/work-counts.ts';
import { byLabel, type Metric, single } from '../domain/metric.ts';
import type { ScrubRun } from '../domain/scrub-run.ts';

/** What is the same whichever process tells it: what waits to be done, and how the data is. While the database is away, that alone. */
export async function workMetrics({ read }: Pick<Database, 'read'>): Promise<readonly Metric[]> {
  try {
    const { queues, leases } = await countWork(read);
    const troubled = await countTroubledData(read);
    return [
      isUp(true),
      byLabel('gauge', 'vitrine_queue_length', {
        help: 'What waits to be done or to end, of all processes together; counted up to 100,000.',
        label: 'queue',
        values: queues,
      }),
      byLabel('gauge', 'vitrine_leases', {
        help: 'Pieces of work in the background that some process is at.',
        label: 'work',
        values: leases,
      }),
      byLabel('gauge', 'vitrine_troubled_images', {
        help: 'Images whose data is known to be damaged, or could not be read when it was last looked at.',
        label: 'trouble',
        values: troubled,
      }),
      ...runMetrics(await findScrubRun(read)),
      ageOf((await oldestLook(read)) ?? new Date()),
    ];
  } catch {
    return [isUp(false)];
  }
}

function isUp(up: boolean): Metric {
  return single('gauge', 'vitrine_database_up', {
    help: 'Whether the database answers: 1 or 0.',
    value: up ? 1 : 0,
  });
}

/** Of no run yet, as of one that had nothing to do. */
function runMetrics(run: ScrubRun | undefined): readonly Metric[] {
  const seconds = (time: Date | undefined) => (time ? time.getTime() / 1000 : 0);
  return [
    byLabel('gauge', 'vitrine_scrub_run_images', {
      help: 'Of the run that looks at data, or did last: images due, images done, and those found damaged or unreadable.',
      label: 'state',
      values: {
        due: run?.due ?? 0,
        done: run?.images ?? 0,
        damaged: run?.damaged ?? 0,
        unreadable: run?.unreadable ?? 0,
      },
    }),
    byLabel('gauge', 'vitrine_scrub_run_time_seconds', {
      help: 'When it began, told of itself last, and ended, seconds since the epoch; an end of 0 while it is on.',
      label: 'at',
      values: {
        begin: seconds(run?.beganAt),
        sign: seconds(run?.seenAt),
        end: seconds(run?.endedAt),
      },
    }),
  ];
}

function ageOf(oldest: Date): Metric {
  const help =
    'No data was looked at before that for the last time, seconds since the epoch; 0 while there is some that nobody has looked at.';
  const value = oldest.getTime() / 1000;
  return single('gauge', 'vitrine_scrub_oldest_look_time_seconds', { help, value });
}
