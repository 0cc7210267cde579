import { setTimeout } from 'node:timers/promises';
import {
  type DueData,
  findDataCheck,
  listDueData,
  listTroubledData,
  markDamaged,
  markLookedAt,
  markUnreadable,
  markVerified,
} from '../database/data-checks.ts';
import type { Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import { countDueData } from '../database/scrub-runs.ts';
import type { DataState } from '../domain/data-check.ts';
import { damagedEvent } from '../domain/event.ts';
import type { ImageLocation } from '../domain/location.ts';
import type { ChunkSums } from '../store/chunk-sums.ts';
import { type StoredReader, StoreError } from '../store/store.ts';
import type { Stores } from '../store/stores.ts';
import { type DataLook, differenceOf, lookThrough } from './data-look.ts';
import type { Events } from './events.ts';
import { type LookCounts, type RunningScrub, scrubRun } from './scrub-run.ts';
import type { Report } from './unwanted-data.ts';

export interface ScrubOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly events: Events;
  /** Bytes a second at most that are read for the sake of looking at them; 0 for none. */
  readonly scrubRate: number;
  /** How old a look at some data may become, ms. */
  readonly scrubInterval: number;
  readonly clock: () => Date;
  readonly report: Report;
  readonly counts: LookCounts;
}

/** Images whose data is looked at between two looks at the table. */
const batchSize = 20;

/** What is due is read before its time is over, so that it is not read late. */
const dueShare = 0.8;

/** How old a look at data may become at most that was not as it should be, ms: it may have been put back. */
const troubledAge = 6 * 3600_000;

/** Looks at the data of all images in turn. One that cannot be read keeps none of the others from being looked at. */
export async function scrub(options: ScrubOptions, signal: AbortSignal): Promise<void> {
  const { database, clock, scrubRate, scrubInterval } = options;
  if (scrubRate === 0) return;
  const ago = (time: number) => new Date(clock().getTime() - time);
  const troubled = Math.min(troubledAge, scrubInterval * dueShare);
  const before = ago(scrubInterval * dueShare);
  const lists = [
    () => listTroubledData(database.read, ago(troubled), batchSize),
    () => listDueData(database.read, before, batchSize),
  ];
  let run: RunningScrub | undefined;
  for (const list of lists) {
    for (let isMore = true; isMore; ) {
      const due = await list();
      isMore = due.length === batchSize;
      for (const data of due) {
        signal.throwIfAborted();
        if (await isOthers(options, data)) continue;
        run ??= scrubRun(options, await countDueData(database.read, before));
        await run.found(await lookAt(options, data, { rate: scrubRate, signal, run }));
      }
    }
  }
  await run?.end();
}

/**
 * Passes over data that lies with others alone and whose checksums are known: their hosts are not asked for all of it time and
 * again. What is read there is compared all the same.
 */
async function isOthers(
  { database, stores, clock }: ScrubOptions,
  { imageId, locations }: DueData,
): Promise<boolean> {
  if (locations.some((location) => stores.of(location)?.type !== 'http')) return false;
  const known = await findDataCheck(database.read, imageId);
  if (!known?.sums || known.isDamaged) return false;
  const looked = { sums: known.sums, at: clock() };
  await database.transaction((db) => markLookedAt(db, imageId, looked));
  return true;
}

export interface LookOptions {
  /** Bytes a second at most. */
  readonly rate: number;
  readonly signal: AbortSignal;
  /** Told what is read. */
  readonly run?: RunningScrub;
}

/**
 * Reads all of an image's copies and notes what came of it. Data that had no checksums yet has them from then on; a mark
 * goes at once when all of it is as it was.
 *
 * @throws StoreError `Unavailable` when a store is away, which says nothing of the image
 */
export async function lookAt(
  options: ScrubOptions,
  data: DueData,
  look: LookOptions,
): Promise<DataState> {
  const { database, clock } = options;
  const { imageId } = data;
  const known = (await findDataCheck(database.read, imageId))?.sums;
  const found: CopyState[] = [];
  for (const location of data.locations) {
    found.push(await lookAtCopy(options, { ...data, sums: known }, { ...look, location }));
  }
  // It may have been deleted meanwhile, and its data with it.
  const seen = await findImage(database.read, imageId, null);
  if (!seen) return { kind: 'gone' };
  const [whole] = found.filter((one) => one.kind === 'whole');
  const [worst] = found.toSorted((a, b) => badness.indexOf(b.kind) - badness.indexOf(a.kind));
  const sums = whole?.look?.sums ?? known;
  if (!worst || worst.kind === 'whole') {
    await database.transaction((db) => markVerified(db, imageId, { sums, at: clock() }));
    return { kind: 'whole' };
  }
  await noteTrouble(options, imageId, { worst, sums });
  return { kind: worst.kind, position: worst.position };
}

/** What was found in one copy. */
interface CopyState extends DataState {
  readonly look?: DataLook;
  readonly cause?: unknown;
}

/** What of several copies counts for the image, the worst last. */
const badness = ['whole', 'gone', 'unreadable', 'damaged'] as const;

interface Trouble {
  readonly worst: CopyState;
  readonly sums: ChunkSums | undefined;
}

async function noteTrouble(
  options: ScrubOptions,
  imageId: string,
  { worst, sums }: Trouble,
): Promise<void> {
  const { database, clock, report } = options;
  if (worst.kind === 'damaged') await noteDamage(options, imageId, worst.position ?? 0);
  else report(`The data of image ${imageId} could not be read.`, worst.cause);
  await database.transaction(async (db) => {
    await markLookedAt(db, imageId, { sums, at: clock() });
    // What is not there is not damaged: a copy may have been taken away, and a folder may not be mounted.
    if (worst.kind === 'unreadable') await markUnreadable(db, imageId, clock());
  });
}

/** Marks the image, and tells the operator: once for all who come upon it. */
export async function noteDamage(
  {
    database,
    events,
    clock,
    counts,
    report,
  }: Pick<ScrubOptions, 'clock' | 'counts' | 'database' | 'events' | 'report'>,
  imageId: string,
  position: number,
): Promise<void> {
  const isNew = await database.transaction(async (db) => {
    const marked = await markDamaged(db, imageId, { position, at: clock() });
    const seen = marked ? await findImage(db, imageId, null) : undefined;
    if (seen) await events.record(db, damagedEvent(seen.image, position));
    return marked;
  });
  if (!isNew) return;
  counts.damaged += 1;
  const text = `The data of image ${imageId} is damaged: at ${position} it is not what was uploaded.`;
  report(text, new StoreError('Damaged', text));
}

async function lookAtCopy(
  { stores, counts }: ScrubOptions,
  { size, sha512, sums }: DueData & { readonly sums: ChunkSums | undefined },
  { location, ...pace }: LookOptions & { readonly location: ImageLocation },
): Promise<CopyState> {
  const place = stores.of(location);
  try {
    if (!place) throw new StoreError('NotFound', `No store ${location.store ?? ''} is set up.`);
    await using reader = await place.store.open(location.url);
    const look = await readSlowly(reader, pace, counts);
    const position = differenceOf({ size, sums, sha512: sha512 ?? undefined }, look);
    return position === undefined ? { kind: 'whole', look } : { kind: 'damaged', position };
  } catch (cause) {
    if (pace.signal.aborted || !(cause instanceof StoreError)) throw cause;
    if (cause.code === 'NotFound') return { kind: 'gone', cause };
    // A store that is away is not asked for each image of it.
    await place?.store.check();
    return { kind: 'unreadable', cause };
  }
}

/** Reads everything, and no faster than `rate` bytes a second. */
async function readSlowly(
  reader: StoredReader,
  { rate, signal, run }: LookOptions,
  counts: LookCounts,
): Promise<DataLook> {
  const begun = performance.now();
  return await lookThrough(reader, async (bytes, position) => {
    counts.bytes += bytes.length;
    counts.chunks += 1;
    await run?.read(bytes.length);
    const early = ((position + bytes.length) / rate) * 1000 - (performance.now() - begun);
    await setTimeout(Math.max(0, early), undefined, { signal });
  });
}
