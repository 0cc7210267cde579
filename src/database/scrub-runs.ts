import type { ScrubRun } from '../domain/scrub-run.ts';
import type { Connection } from './database.ts';

/** The run that is on, or was last. Times are milliseconds since the epoch. */
export interface ScrubRunRow {
  /** There is one. */
  id: 1;
  began_at: number;
  seen_at: number;
  ended_at: number | null;
  due: number;
  images: number;
  bytes: number;
  chunks: number;
  damaged: number;
  unreadable: number;
}

/** Tells how far it is. */
export async function saveScrubRun(db: Connection, run: ScrubRun): Promise<void> {
  const { beganAt, seenAt, endedAt, ...counts } = run;
  const row = {
    ...counts,
    began_at: beganAt.getTime(),
    seen_at: seenAt.getTime(),
    ended_at: endedAt?.getTime() ?? null,
  };
  await db
    .insertInto('scrub_runs')
    .values({ id: 1, ...row })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
    .execute();
}

/** The run that is on, or was last; undefined when there was none. */
export async function findScrubRun(db: Connection): Promise<ScrubRun | undefined> {
  const row = await db.selectFrom('scrub_runs').selectAll().executeTakeFirst();
  if (!row) return undefined;
  const { id: _, began_at, seen_at, ended_at, ...counts } = row;
  return {
    ...counts,
    beganAt: new Date(began_at),
    seenAt: new Date(seen_at),
    endedAt: ended_at === null ? undefined : new Date(ended_at),
  };
}

/** How many images have data that nobody has looked at since `before`. */
export async function countDueData(db: Connection, before: Date): Promise<number> {
  const { count } = await db
    .selectFrom('data_checks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('verified_at', '<', before.getTime())
    .executeTakeFirstOrThrow();
  return Number(count);
}
