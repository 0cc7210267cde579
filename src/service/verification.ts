import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import {
  type DueData,
  findDataCheck,
  listDamagedData,
  listDueData,
  markDamaged,
  markLookedAt,
  markVerified,
  summarizeDataChecks,
} from '../database/data-checks.ts';
import type { Database } from '../database/database.ts';
import { findImage } from '../database/images.ts';
import { type Caller, isAdmin } from '../domain/caller.ts';
import type { ScrubStatus } from '../domain/data-check.ts';
import { DomainError } from '../domain/errors.ts';
import { damagedEvent } from '../domain/event.ts';
import type { Image } from '../domain/image.ts';
import type { ImageLocation } from '../domain/location.ts';
import { chunkSize } from '../store/chunk-summing.js';
import { sumsOf, verifiedReader } from '../store/chunk-sums.ts';
import { type StoredReader, StoreError } from '../store/store.ts';
import type { Stores } from '../store/stores.ts';
import type { Events } from './events.ts';
import type { Job } from './jobs.ts';
import type { Report } from './unwanted-data.ts';

export interface VerificationOptions {
  readonly database: Database;
  readonly stores: Stores;
  readonly events: Events;
  /** Whether what is read for callers is compared with its checksums on the way. */
  readonly verifiesReads: boolean;
  /** Bytes a second at most that are read for the sake of looking at them; 0 for none. */
  readonly scrubRate: number;
  /** How old a look at some data may become, ms. */
  readonly scrubInterval: number;
  readonly clock: () => Date;
  readonly report: Report;
}

/** Whether the data of images still is what was uploaded. */
export interface Verification {
  /**
   * A reader that passes on nothing whole that is damaged, where the checksums of the data are known.
   *
   * @throws StoreError `Damaged` when it is known to be, unless parts are wanted, which may be whole
   */
  verified(image: Image, reader: StoredReader, wantsPart: boolean): Promise<StoredReader>;
  /** Reads the data of all images in turn, as slowly as the rate says. */
  readonly job: Job;
  /** @throws DomainError `NotPermitted` for anyone but an admin */
  status(caller: Caller): Promise<ScrubStatus>;
  /** Resolves once everything begun is done. */
  settled(): Promise<void>;
}

/** Between two looks for data that is due, ms. */
const lookInterval = 60_000;

/** Images whose data is looked at between two looks at the table. */
const batchSize = 20;

/** What is due is read before its time is over, so that it is not read late. */
const dueShare = 0.8;

/** Most damaged images that a status names. */
const shownDamaged = 1000;

export function verificationService(options: VerificationOptions): Verification {
  const { database, verifiesReads, clock, report } = options;
  const running = new Set<Promise<void>>();

  function noteLater(imageId: string, position: number): void {
    const noting = noteDamage(options, imageId, position)
      .catch((cause: unknown) => report(`Damage of image ${imageId} could not be noted.`, cause))
      .finally(() => running.delete(noting));
    running.add(noting);
  }

  return {
    async verified(image, reader, wantsPart) {
      if (!verifiesReads) return reader;
      const check = await findDataCheck(database.read, image.id);
      if (check?.isDamaged && !wantsPart) {
        throw new StoreError('Damaged', `The data of image ${image.id} is damaged.`);
      }
      if (!check?.sums) return reader;
      const onDamage = (position: number) => noteLater(image.id, position);
      return verifiedReader(reader, { sums: check.sums, onDamage });
    },

    job: {
      name: 'scrub of data',
      interval: lookInterval,
      failure: 'The data of images could not be looked at; it is tried again.',
      run: (signal) => scrub(options, signal),
    },

    async status(caller) {
      if (caller.scope !== 'project' || !isAdmin(caller)) {
        throw new DomainError('NotPermitted', 'Only an admin may see how the data is.');
      }
      const { scrubRate: rate, scrubInterval: interval } = options;
      const since = new Date(clock().getTime() - interval);
      const summary = await summarizeDataChecks(database.read, since);
      const damaged = await listDamagedData(database.read, shownDamaged);
      return { ...summary, rate, interval, damaged };
    },

    async settled() {
      await Promise.all(running);
    },
  };
}

/** Marks the image, and tells the operator: once for all who come upon it. */
async function noteDamage(
  { database, events, clock, report }: VerificationOptions,
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
  const text = `The data of image ${imageId} is damaged: at ${position} it is not what was uploaded.`;
  report(text, new StoreError('Damaged', text));
}

async function scrub(options: VerificationOptions, signal: AbortSignal): Promise<void> {
  const { database, clock, scrubRate, scrubInterval } = options;
  if (scrubRate === 0) return;
  for (;;) {
    const before = new Date(clock().getTime() - scrubInterval * dueShare);
    const due = await listDueData(database.read, before, batchSize);
    for (const data of due) {
      signal.throwIfAborted();
      await lookAt(options, data, signal);
    }
    if (due.length < batchSize) return;
  }
}

/** Reads all of an image's data and compares it; data that had no checksums yet has them from then on. */
async function lookAt(
  options: VerificationOptions,
  data: DueData,
  signal: AbortSignal,
): Promise<void> {
  const { database, clock, report } = options;
  const { imageId } = data;
  try {
    const check = await findDataCheck(database.read, imageId);
    let sums = check?.sums;
    for (const location of data.locations) {
      const found = await lookAtCopy(options, { ...data, sums }, { location, signal });
      if (found.difference !== undefined) return await noteFound(options, data, found.difference);
      sums = found.sums;
    }
    await database.transaction((db) => markVerified(db, imageId, { sums, at: clock() }));
  } catch (cause) {
    if (signal.aborted) throw cause;
    // It may have been deleted meanwhile; and a store that is away is not asked for each image of it.
    const seen = await findImage(database.read, imageId, null);
    if (!seen) return;
    if (!(cause instanceof StoreError) || cause.code === 'Unavailable') throw cause;
    report(`The data of image ${imageId} could not be read.`, cause);
    // What is not there is not damaged: a copy may have been taken away, and a folder may not be mounted.
    if (cause.code !== 'NotFound') return await noteFound(options, data, 0);
    await database.transaction((db) => markLookedAt(db, imageId, clock()));
  }
}

/** What was found in one copy. */
interface Found {
  readonly sums: Uint8Array | undefined;
  /** The byte at which the first chunk begins that is not as it was. */
  readonly difference?: number;
}

async function lookAtCopy(
  { stores, scrubRate }: VerificationOptions,
  data: DueData & { readonly sums: Uint8Array | undefined },
  { location, signal }: { readonly location: ImageLocation; readonly signal: AbortSignal },
): Promise<Found> {
  const place = stores.of(location);
  if (!place) throw new StoreError('NotFound', `No store ${location.store ?? ''} is set up.`);
  await using reader = await place.store.open(location.url);
  const { sums, sha512 } = await readSlowly(reader, scrubRate, signal);
  const isWhole =
    reader.size === data.size &&
    (data.sha512 === null ? equal(data.sums ?? sums, sums) : data.sha512 === sha512);
  return isWhole ? { sums } : { sums, difference: firstDifference(data.sums, sums) };
}

async function noteFound(
  options: VerificationOptions,
  { imageId }: DueData,
  position: number,
): Promise<void> {
  const { database, clock } = options;
  await noteDamage(options, imageId, position);
  await database.transaction((db) => markLookedAt(db, imageId, clock()));
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function firstDifference(before: Uint8Array | undefined, now: Uint8Array): number {
  const at = before ? before.findIndex((byte, index) => byte !== now[index]) : 0;
  return Math.max(0, Math.floor(at / 4)) * chunkSize;
}

interface Looked {
  readonly sums: Uint8Array;
  /** Lower-case hex. */
  readonly sha512: string;
}

/** Reads everything, and no faster than `rate` bytes a second. */
async function readSlowly(
  reader: StoredReader,
  rate: number,
  signal: AbortSignal,
): Promise<Looked> {
  const buffer = Buffer.allocUnsafe(chunkSize);
  const hash = createHash('sha512');
  const sums: Uint8Array[] = [];
  const begun = performance.now();
  for (let position = 0; position < reader.size; position += chunkSize) {
    const filled = await reader.read(buffer, position);
    const bytes = buffer.subarray(0, filled);
    hash.update(bytes);
    sums.push(sumsOf(bytes));
    const early = ((position + filled) / rate) * 1000 - (performance.now() - begun);
    await setTimeout(Math.max(0, early), undefined, { signal });
  }
  return { sums: Buffer.concat(sums), sha512: hash.digest('hex') };
}
