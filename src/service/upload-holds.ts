import type { Database } from '../database/database.ts';
import { keepUpload, releaseUpload } from '../database/uploads.ts';
import { DomainError } from '../domain/errors.ts';
import { RetryLaterError } from '../domain/retry-later.ts';

/** Without a sign of life for so long (ms), another process may go on with an upload. */
export const holdTime = 30_000;

/** Between two signs of life, ms. */
const signInterval = 10_000;

/** The refusal of a call while another process is at the upload. */
export function uploadBusy(): RetryLaterError {
  const seconds = holdTime / 1000;
  const text = `Another process is at this upload, or was until now. Try again in ${seconds} s.`;
  return new RetryLaterError('UploadBusy', text, seconds);
}

/** The refusal of a request whose place a later one takes. */
function laterRequest(): DomainError {
  return new DomainError('InvalidStatusChange', 'A later request goes on with this upload.');
}

/** What is under way to an upload in this process. */
export interface Turn extends AsyncDisposable {
  /** Aborted when a later call wants to go on with the upload. */
  readonly displaced: AbortSignal;
  /** From here on a later call waits for the end. */
  keepOn(): void;
  /** Whether a later call waits. */
  isKept(): boolean;
  /** Notes that something has come. */
  move(): void;
}

interface Running extends Turn {
  readonly displace: () => void;
  readonly ended: Promise<void>;
  /** Milliseconds since something came. */
  readonly idle: () => number;
}

/** Lets calls to an upload follow one another: of two senders the later one is the one that is still there. */
export interface UploadTurns {
  /** Ends what is under way, unless it is past receiving, and waits for it. */
  take(id: string): Promise<Turn>;
  /** Ends what is under way if nothing has come to it for so long, ms. */
  displaceIdle(id: string, time: number): Promise<void>;
  isTaken(id: string): boolean;
}

export function uploadTurns(): UploadTurns {
  const running = new Map<string, Running>();

  function begin(id: string): Turn {
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const displaced = new AbortController();
    let isReceiving = true;
    let movedAt = performance.now();
    const turn: Running = {
      ended,
      displaced: displaced.signal,
      displace() {
        if (isReceiving) displaced.abort(laterRequest());
      },
      keepOn() {
        isReceiving = false;
      },
      isKept: () => !isReceiving,
      move() {
        movedAt = performance.now();
      },
      idle: () => (isReceiving ? performance.now() - movedAt : 0),
      async [Symbol.asyncDispose]() {
        running.delete(id);
        resolve();
      },
    };
    running.set(id, turn);
    return turn;
  }

  return {
    async take(id) {
      for (let other = running.get(id); other; other = running.get(id)) {
        other.displace();
        await other.ended;
      }
      return begin(id);
    },

    async displaceIdle(id, time) {
      const other = running.get(id);
      if (!other || other.idle() < time) return;
      other.displace();
      await other.ended;
    },

    isTaken: (id) => running.has(id),
  };
}

/** Goes on saying that this process is at an upload, as long as `isMoving` says so. */
export function keepHold(database: Database, id: string, isMoving: () => boolean): AsyncDisposable {
  const hold = { holder: database.processes.id, ttl: holdTime };
  // Nobody else could take it.
  const timer = database.processes.isShared
    ? setInterval(() => {
        if (!isMoving()) return;
        void database.transaction((db) => keepUpload(db, id, hold)).catch(() => undefined);
      }, signInterval)
    : undefined;
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      // Should this fail, the hold ends by itself.
      await database.transaction((db) => releaseUpload(db, id, hold.holder)).catch(() => undefined);
    },
  };
}
