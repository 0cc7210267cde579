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
}

/** Downloads of shared images by others than their owner, for the logs of the images. */
export interface ShareDownloads extends AsyncDisposable {
  /** Takes note; it is written within a second, together with others, and may be lost in a crash. */
  note(image: Image, caller: Caller, bytes: number): void;
}

interface Noted {
  readonly imageId: string;
  readonly bytes: number;
  readonly entry: ShareEntry;
}

/** What is kept of notes that cannot be written, the latest ones: a disk may be full for long. */
const mostWaiting = 10_000;

export function shareDownloads(options: ShareDownloadsOptions): ShareDownloads {
  const { database, clock, report, interval = 1000 } = options;
  let waiting: Noted[] = [];
  let writing = Promise.resolve();

  async function write(): Promise<void> {
    const noted = waiting;
    if (noted.length === 0) return;
    waiting = [];
    try {
      const images = [...Map.groupBy(noted, ({ imageId }) => imageId)];
      for (const [imageId, some] of images) await writeSome(database, imageId, some);
    } catch (cause) {
      // What was written before may come twice: better than not at all.
      waiting = [...noted, ...waiting].slice(-mostWaiting);
      report('Downloads could not be noted; it is tried again.', cause);
    }
  }

  const begin = () => {
    writing = writing.then(write);
  };
  const timer = setInterval(begin, interval);
  timer.unref();

  return {
    note(image, caller, bytes) {
      const { projectId } = caller;
      const isShared = image.visibility === 'shared' && image.owner !== projectId;
      if (!isShared || projectId === null) return;
      const details = { bytes };
      const by = actorOf(caller);
      const entry = { kind: 'downloaded', projectId, by, at: clock(), details } as const;
      waiting.push({ imageId: image.id, bytes, entry });
    },

    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      begin();
      await writing;
    },
  };
}

async function writeSome(
  database: Database,
  imageId: string,
  noted: readonly Noted[],
): Promise<void> {
  await database.transaction(async (db) => {
    const seen = await findImage(db, imageId, null);
    if (!seen) return;
    await recordShare(db, seen.image, ...noted.map(({ entry }) => entry));
    for (const { entry, bytes } of noted) {
      const { projectId, at } = entry;
      await addDownload(db, { imageId, projectId }, { at, bytes });
    }
  });
}
