import {
  findUpload,
  holdUpload,
  keepUpload,
  listExpired,
  listWhole,
  postponeUpload,
} from '../database/uploads.ts';
import type { Upload } from '../domain/upload.ts';
import { retryAfter } from './unwanted-data.ts';
import {
  type CompletionOptions,
  complete,
  giveUp,
  isFinal,
  removeForgotten,
} from './upload-completion.ts';
import { holdTime, keepHold, type UploadTurns } from './upload-holds.ts';

export interface TidyOptions extends CompletionOptions {
  readonly turns: UploadTurns;
}

/** Ends uploads that nobody is at. What fails is tried again ever less often, and keeps no other waiting for long. */
export interface UploadTidying {
  /** Brings those that are whole to their images. */
  completeWhole(signal: AbortSignal): Promise<void>;
  /** Gives up those whose time is over. */
  endExpired(signal: AbortSignal): Promise<void>;
}

/** Uploads that are worked on at a time. */
const atOnce = 4;

/** Uploads of which it is remembered how often they failed; what is forgotten is tried sooner. */
const maxRemembered = 1000;

export function uploadTidying(options: TidyOptions): UploadTidying {
  const { database, clock } = options;
  const failed = new Map<string, number>();
  const hold = { holder: database.processes.id, ttl: holdTime };

  async function postpone({ id }: Upload): Promise<void> {
    const tries = (failed.get(id) ?? 0) + 1;
    for (const oldest of failed.keys()) {
      if (failed.size < maxRemembered) break;
      failed.delete(oldest);
    }
    failed.set(id, tries);
    await database.transaction((db) => postponeUpload(db, id, retryAfter(tries)));
  }

  async function tryTo(upload: Upload, work: (upload: Upload) => Promise<void>): Promise<void> {
    try {
      await whenFree(options, upload, () => work(upload));
      failed.delete(upload.id);
    } catch (cause) {
      if (isFinal(cause)) return;
      await postpone(upload).catch(() => undefined);
      throw cause;
    }
  }

  /** @throws the first failure, once all were tried */
  async function tryEach(
    uploads: readonly Upload[],
    work: (upload: Upload) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const failures: unknown[] = [];
    const waiting = uploads.values();
    const lanes = Array.from({ length: atOnce }, async () => {
      for (const upload of waiting) {
        signal.throwIfAborted();
        await tryTo(upload, work).catch((cause: unknown) => failures.push(cause));
      }
    });
    await Promise.all(lanes);
    if (failures.length > 0) throw failures[0];
  }

  async function end({ id }: Upload): Promise<void> {
    const upload = await findUpload(database.read, id);
    // Its sender may have gone on with it since it was listed.
    if (!upload || upload.expiresAt > clock()) return;
    if (!upload.isDone && upload.received === upload.size) {
      const isDone = await complete(options, upload, undefined).then(
        () => true,
        () => false,
      );
      const isOurs = await database.transaction((db) => keepUpload(db, id, hold));
      if (isDone || !isOurs) return;
    }
    await giveUp(options, upload, 'its time was over');
  }

  return {
    completeWhole: async (signal) =>
      tryEach(
        await listWhole(database.read),
        (upload) => complete(options, upload, undefined),
        signal,
      ),

    async endExpired(signal) {
      try {
        await tryEach(await listExpired(database.read, clock()), end, signal);
      } finally {
        await removeForgotten(options);
      }
    },
  };
}

/** Makes this process the one that is at an upload, and does `work`, unless somebody is at it. */
async function whenFree(
  { database, turns }: TidyOptions,
  { id }: Upload,
  work: () => Promise<void>,
): Promise<void> {
  if (turns.isTaken(id)) return;
  await using turn = await turns.take(id);
  turn.keepOn();
  const hold = { holder: database.processes.id, ttl: holdTime };
  if (!(await database.transaction((db) => holdUpload(db, id, hold)))) return;
  await using _held = keepHold(database, id, () => true);
  await work();
}
