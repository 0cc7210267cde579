import type { Database } from '../database/database.ts';
import { saveScrubRun } from '../database/scrub-runs.ts';
import type { DataState } from '../domain/data-check.ts';
import { type Metric, single } from '../domain/metric.ts';
import type { ScrubRun } from '../domain/scrub-run.ts';

/** Between two times that it is told how far a run is, ms. */
const tellingTime = 5000;

/** What looking at data has come to in this process, in plain numbers. */
export interface LookCounts {
  bytes: number;
  chunks: number;
  /** Images that were found damaged, by a look or while they were read for somebody. */
  damaged: number;
}

export function lookCounts(): LookCounts {
  return { bytes: 0, chunks: 0, damaged: 0 };
}

export function lookMetrics({ bytes, chunks, damaged }: LookCounts): readonly Metric[] {
  return [
    single('counter', 'vitrine_scrub_bytes_total', {
      help: 'Bytes that were read to see whether data is what was uploaded.',
      value: bytes,
    }),
    single('counter', 'vitrine_scrub_chunks_total', {
      help: 'Pieces of a MiB that were summed up for that.',
      value: chunks,
    }),
    single('counter', 'vitrine_damage_found_total', {
      help: 'Images whose data was found damaged, by such a look or while it was read for somebody.',
      value: damaged,
    }),
  ];
}

/** A run under way, which tells how far it is from time to time. */
export interface RunningScrub {
  /** Notes a piece that was read. */
  read(bytes: number): Promise<void>;
  /** Notes what was found of an image. */
  found(state: DataState): Promise<void>;
  end(): Promise<void>;
}

interface RunOptions {
  readonly database: Database;
  readonly clock: () => Date;
}

/** @param due images that are to be looked at */
export function scrubRun({ database, clock }: RunOptions, due: number): RunningScrub {
  const began = clock();
  const run = { due, images: 0, bytes: 0, chunks: 0, damaged: 0, unreadable: 0 };
  let toldAt = Number.NEGATIVE_INFINITY;

  async function tell(endedAt?: Date): Promise<void> {
    toldAt = performance.now();
    const now: ScrubRun = {
      ...run,
      due: Math.max(run.due, run.images),
      beganAt: began,
      seenAt: clock(),
      endedAt,
    };
    await database.transaction((db) => saveScrubRun(db, now));
  }

  async function tellSometimes(): Promise<void> {
    if (performance.now() - toldAt > tellingTime) await tell();
  }

  return {
    async read(bytes) {
      run.bytes += bytes;
      run.chunks += 1;
      await tellSometimes();
    },

    async found({ kind }) {
      run.images += 1;
      if (kind === 'damaged') run.damaged += 1;
      if (kind === 'unreadable') run.unreadable += 1;
      await tellSometimes();
    },

    end: () => tell(clock()),
  };
}
