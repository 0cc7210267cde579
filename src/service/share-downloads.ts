import type { Database } from '../database/database.ts';
import { addDownload } from '../database/image-downloads.ts';
import { findImage } from '../database/images.ts';
import type { Caller } from '../domain/caller.ts';
import type { Image } from '../domain/image.ts';
import { actorOf, type ShareEntry } from '../domain/share-log.ts';
import { recordShare } from './share-records.ts';
import type { Report } from './unwanted-data.ts';

export interface ShareDownloadsOptions {
  readonly database: Database;
  readonly clock: () => Date;
  readonly report: Report;
  /** Between two writes, ms. */
  readonly interval?: number;
  /** For how long what one user downloads again is one line, ms. */
  readonly lineTime?: number;
}

/** Downloads of shared images by others than their owner, for the logs of the images. */
export interface ShareDownloads extends AsyncDisposable {
  /**
   * Takes note; it is written within a second, together with others, and may be lost in a crash. The log gets a line
   * for the first of an hour, and one with the sum of those that follow it when the hour is over: lines stay for ever, and a client
   * may come back every second.
   */
  note(image: Image, caller: Caller, bytes: number): void;
}

/** Downloads of one image by one user, of which the last was at the time of the entry. */
interface Noted {
  readonly imageId: string;
  readonly entry: Omit<ShareEntry, 'details'>;
  readonly bytes: number;
  readonly downloads: number;
}

/** What is kept of notes that cannot be written, the latest ones: a disk may be full for long. */
const mostWaiting = 10_000;

export function shareDownloads(options: ShareDownloadsOptions): ShareDownloads {
  const { database, clock, report, interval = 1000, lineTime = 3_600_000 } = options;
  const repeats = repeatedDownloads(lineTime);
  let waiting: Waiting = { counted: [], told: [] };
  let writing = Promise.resolve();

  async function write(told: readonly Noted[]): Promise<void> {
    const begun = { counted: waiting.counted, told: [...told, ...waiting.told] };
    if (begun.counted.length + begun.told.length === 0) return;
    waiting = { counted: [], told: [] };
    try {
      const images = new Set([...begun.counted, ...begun.told].map(({ imageId }) => imageId));
      for (const imageId of images) await writeSome(database, imageId, begun);
    } catch (cause) {
      // What was written before may come twice: better than not at all.
      waiting = {
        counted: [...begun.counted, ...waiting.counted].slice(-mostWaiting),
        told: [...begun.told, ...waiting.told].slice(-mostWaiting),
      };
      report('Downloads could not be noted; it is tried again.', cause);
    }
  }

  const begin = (told: readonly Noted[]) => {
    writing = writing.then(() => write(told));
  };
  const timer = setInterval(() => begin(repeats.takeOver(clock())), interval);
  timer.unref();

  return {
    note(image, caller, bytes) {
      const { projectId } = caller;
      const isShared = image.visibility === 'shared' && image.owner !== projectId;
      if (!isShared || projectId === null) return;
      const by = actorOf(caller);
      const entry = { kind: 'downloaded', projectId, by, at: clock() } as const;
      const noted = { imageId: image.id, entry, bytes, downloads: 1 };
      waiting.counted.push(noted);
      if (!repeats.add(noted)) waiting.told.push(noted);
    },

    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      begin(repeats.takeAll());
      await writing;
    },
  };
}

/** What is to be counted, and what the logs are to tell of. */
interface Waiting {
  readonly counted: Noted[];
  readonly told: Noted[];
}

/** Downloads of one image by one user that follow each other within some time, ms, as sums. */
function repeatedDownloads(time: number) {
  const open = new Map<string, { readonly until: number; sum: Noted | undefined }>();

  function take(isOver: (until: number) => boolean): readonly Noted[] {
    const over = [...open].filter(([, { until }]) => isOver(until));
    for (const [key] of over) open.delete(key);
    return over.flatMap(([, { sum }]) => sum ?? []);
  }

  return {
    /** Adds to what there is; false for the first, which begins the time. */
    add(noted: Noted): boolean {
      const { by, projectId, at } = noted.entry;
      const key = JSON.stringify([noted.imageId, projectId, by.userId]);
      const known = open.get(key);
      if (known) known.sum = sumOf(known.sum, noted);
      else if (open.size < mostWaiting) {
        open.set(key, { until: at.getTime() + time, sum: undefined });
      }
      return known !== undefined;
    },

    /** Ends those whose time is over, and gives what there is to tell of them. */
    takeOver: (now: Date) => take((until) => until <= now.getTime()),

    takeAll: () => take(() => true),
  };
}

function sumOf(sum: Noted | undefined, noted: Noted): Noted {
  if (!sum) return noted;
  const [bytes, downloads] = [sum.bytes + noted.bytes, sum.downloads + noted.downloads];
  return { ...noted, bytes, downloads };
}

/** A line of the log; of a single download it does not say that it is one. */
function lineOf({ entry, bytes, downloads }: Noted): ShareEntry {
  return { ...entry, details: downloads === 1 ? { bytes } : { bytes, downloads } };
}

async function writeSome(database: Database, imageId: string, waiting: Waiting): Promise<void> {
  const ofImage = (noted: Noted) => noted.imageId === imageId;
  await database.transaction(async (db) => {
    const seen = await findImage(db, imageId, null);
    if (!seen) return;
    const told = waiting.told.filter(ofImage).map(lineOf);
    if (told.length > 0) await recordShare(db, seen.image, ...told);
    for (const { entry, bytes } of waiting.counted.filter(ofImage)) {
      const { projectId, at } = entry;
      await addDownload(db, { imageId, projectId }, { at, bytes });
    }
  });
}
