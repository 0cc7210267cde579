import {
  findDataCheck,
  listDamagedData,
  listUnreadableData,
  summarizeDataChecks,
} from '../database/data-checks.ts';
import { findImage } from '../database/images.ts';
import { findScrubRun } from '../database/scrub-runs.ts';
import { type Caller, isAdmin } from '../domain/caller.ts';
import type { DataState, ScrubStatus } from '../domain/data-check.ts';
import { DomainError } from '../domain/errors.ts';
import type { Image } from '../domain/image.ts';
import type { ImageLocation } from '../domain/location.ts';
import type { Metric } from '../domain/metric.ts';
import { RetryLaterError } from '../domain/retry-later.ts';
import type { CachedReader, ImageCache } from '../store/cache/image-cache.ts';
import { verifiedReader } from '../store/chunk-sums.ts';
import { sharedLooks } from '../store/shared-looks.ts';
import { type StoredReader, StoreError } from '../store/store.ts';
import { carefulReader } from './careful-reader.ts';
import { byWeight, openFirst } from './copies.ts';
import { cacheableData } from './image-cache.ts';
import type { Job } from './jobs.ts';
import { lookAt, noteDamage, type ScrubOptions, scrub } from './scrub.ts';
import { lookCounts, lookMetrics } from './scrub-run.ts';
import { imageNotFound } from './seen-image.ts';

export interface VerificationOptions extends ScrubOptions {
  /** Whether what is read for callers is compared with its checksums on the way. */
  readonly verifiesReads: boolean;
  /** Where data of other machines is kept for the next time, if anywhere. */
  readonly cache?: ImageCache | undefined;
}

/** Whether the data of images still is what was uploaded. */
export interface Verification {
  /**
   * Opens the data of an image so that nothing whole is passed on that is damaged, where its checksums are known. Of
   * several copies each part is taken from one that has it as it was.
   *
   * @throws StoreError `Damaged` when it is known to be, unless parts are wanted, which may be whole; as `Store.open`
   */
  open(image: Image, wantsPart: boolean): Promise<StoredReader>;
  /** Reads the data of all images in turn, as slowly as the rate says. */
  readonly job: Job;
  /** @throws DomainError `NotPermitted` for anyone but an admin */
  status(caller: Caller): Promise<ScrubStatus>;
  /**
   * Looks at the data of one image now, as fast as it can be read. Whoever asks while that goes on waits for the same look, and
   * is told `running` when it takes long.
   *
   * @throws DomainError `NotPermitted` `ImageNotFound` `InvalidStatusChange`; RetryLaterError `ServiceBusy` `StoreUnavailable`
   */
  look(caller: Caller, imageId: string): Promise<DataState | 'running'>;
  /** What looking at data has come to in this process. */
  metrics(): readonly Metric[];
  /** Cuts off looks that callers asked for, and resolves once everything begun is done. */
  settled(): Promise<void>;
}

/** Between two looks for data that is due, ms. */
const lookInterval = 60_000;

/** Most damaged images that a status names. */
const shownDamaged = 1000;

/** Looks for callers at a time, and how long (ms) one is waited for. */
const mostLooks = 4;
const lookPatience = 5000;

export function verificationService(given: Omit<VerificationOptions, 'counts'>): Verification {
  const options = { ...given, counts: lookCounts() };
  const { database, stores, verifiesReads, clock, report } = options;
  const running = new Set<Promise<void>>();
  const looks = looksFor(options);
  const shared = sharedLooks();

  function noteLater(imageId: string, position: number): void {
    const noting = noteDamage(options, imageId, position)
      .catch((cause: unknown) => report(`Damage of image ${imageId} could not be noted.`, cause))
      .finally(() => running.delete(noting));
    running.add(noting);
  }

  return {
    async open(image, wantsPart) {
      const locations = byWeight(stores, image.locations);
      const direct = () => openFirst(stores, locations, image.size);
      const open = async () =>
        (wantsPart ? undefined : await openCached(options, { image, locations, direct })) ?? {
          reader: await direct(),
        };
      if (!verifiesReads) return (await open()).reader;
      const { sums, isDamaged = false } = (await findDataCheck(database.read, image.id)) ?? {};
      const onDamage = (position: number) => noteLater(image.id, position);
      if (isDamaged && sums && locations.length > 1) {
        return carefulReader({ stores, locations, size: image.size ?? 0, sums, onDamage });
      }
      if (isDamaged && !wantsPart) {
        throw new StoreError('Damaged', `The data of image ${image.id} is damaged.`);
      }
      const { reader, ...opened }: CachedReader = await open();
      if (!sums) return reader;
      return verifiedReader(reader, { sums, onDamage, looks: shared, ...opened });
    },

    job: {
      name: 'scrub of data',
      interval: lookInterval,
      failure: 'The data of images could not be looked at; it is tried again.',
      run: (signal) => scrub(options, signal),
    },

    async status(caller) {
      checkAdmin(caller);
      const { scrubRate: rate, scrubInterval: interval } = options;
      const since = new Date(clock().getTime() - interval);
      const summary = await summarizeDataChecks(database.read, since);
      const damaged = await listDamagedData(database.read, shownDamaged);
      const unreadable = await listUnreadableData(database.read, shownDamaged);
      const run = await findScrubRun(database.read);
      return { ...summary, rate, interval, damaged, unreadable, run };
    },

    async look(caller, imageId) {
      checkAdmin(caller);
      const seen = await findImage(database.read, imageId, null);
      if (!seen) throw imageNotFound(imageId);
      return await looks.join(seen.image);
    },

    metrics: () => lookMetrics(options.counts),

    async settled() {
      await looks.end();
      await Promise.all(running);
    },
  };
}

/** By way of the cache: what it has, or what it fetches since the data would come from another machine. */
async function openCached(
  { cache, stores }: VerificationOptions,
  {
    image,
    locations: [first],
    direct,
  }: {
    readonly image: Image;
    readonly locations: readonly ImageLocation[];
    readonly direct: () => Promise<StoredReader>;
  },
): Promise<CachedReader | undefined> {
  const data = cache && first && cacheableData(image);
  if (!data) return undefined;
  const type = stores.of(first)?.type;
  return await cache.open(data, direct, type !== undefined && type !== 'file');
}

function checkAdmin(caller: Caller): void {
  if (caller.scope === 'project' && isAdmin(caller)) return;
  throw new DomainError('NotPermitted', 'Only an admin may see how the data is.');
}

/** Looks that callers ask for: one an image at a time. */
function looksFor(options: VerificationOptions) {
  const begun = new Map<string, Promise<DataState>>();
  const stopping = new AbortController();

  async function look(image: Image): Promise<DataState> {
    const { id: imageId, locations, size, osHashAlgo, osHashValue } = image;
    const sha512 = osHashAlgo === 'sha512' ? osHashValue : null;
    const data = { imageId, locations, size: size ?? 0, sha512 };
    try {
      return await lookAt(options, data, { rate: Infinity, signal: stopping.signal });
    } catch (cause) {
      const isAway = cause instanceof StoreError || stopping.signal.aborted;
      if (!isAway) throw cause;
      const text = 'The image store is not available now.';
      throw new RetryLaterError('StoreUnavailable', text, 10, { cause });
    }
  }

  function begin(image: Image): Promise<DataState> {
    const known = begun.get(image.id);
    if (known) return known;
    if (image.locations.length === 0) {
      const text = `Image ${image.id} has no data to look at.`;
      throw new DomainError('InvalidStatusChange', text);
    }
    if (begun.size >= mostLooks) {
      throw new RetryLaterError('ServiceBusy', 'Other data is being looked at.', 5);
    }
    const looking = look(image);
    begun.set(image.id, looking);
    const forget = () => void begun.delete(image.id);
    looking.then(forget, forget);
    return looking;
  }

  return {
    async join(image: Image): Promise<DataState | 'running'> {
      const { promise: late, resolve } = Promise.withResolvers<'running'>();
      const timer = setTimeout(() => resolve('running'), lookPatience);
      try {
        return await Promise.race([begin(image), late]);
      } finally {
        clearTimeout(timer);
      }
    },

    async end(): Promise<void> {
      stopping.abort(new Error('The service stops.'));
      await Promise.allSettled(begun.values());
    },
  };
}
