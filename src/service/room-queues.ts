import { setTimeout as wait } from 'node:timers/promises';
import { DomainError } from '../domain/errors.ts';

/**
 * Who of the uploads of unknown size that share a project's room is turned away when it ends: the youngest, while
 * those before it wait for what it gives back. Were each turned away that asks in vain, many at a time could take
 * each other's room, and all be refused where some had fitted.
 */
export interface RoomQueues {
  /**
   * Asks for more room, again whenever another upload has left. Who asks first stands behind those that run.
   *
   * @throws what `ask` throws: of want of room only when no younger upload is left, or does not leave in time
   */
  take<T>(upload: GrowingUpload, ask: () => Promise<T>): Promise<T>;
  /** Says that an upload has ended, and given its room back. */
  leave(imageId: string): void;
  /** How many wait for room. */
  waiting(): number;
}

export interface GrowingUpload {
  readonly imageId: string;
  /** Whose room it shares. */
  readonly projectId: string;
}

/** How long none need leave before those that wait give up, ms: the younger ones may have come to a halt. */
const defaultLongestWait = 5000;

interface Queue {
  readonly projectId: string;
  /** Ids of images, oldest upload first. */
  readonly running: Set<string>;
  /** Resolves when one of them leaves. */
  change: PromiseWithResolvers<void>;
}

export function roomQueues(longestWait = defaultLongestWait): RoomQueues {
  const byProject = new Map<string, Queue>();
  const byImage = new Map<string, Queue>();
  let waiting = 0;

  function enter({ projectId, imageId }: GrowingUpload): Queue {
    const queue = byImage.get(imageId) ?? byProject.get(projectId) ?? emptyQueue(projectId);
    byProject.set(queue.projectId, queue);
    byImage.set(imageId, queue);
    queue.running.add(imageId);
    return queue;
  }

  return {
    async take(upload, ask) {
      for (;;) {
        const queue = enter(upload);
        // Taken before the question, so that nobody leaves unseen between the two.
        const left = queue.change.promise;
        try {
          return await ask();
        } catch (cause) {
          if (!isWantOfRoom(cause) || isLast(queue, upload.imageId)) throw cause;
          waiting += 1;
          const isChanged = await comesWithin(left, longestWait).finally(() => (waiting -= 1));
          if (!isChanged) throw cause;
        }
      }
    },

    waiting: () => waiting,

    leave(imageId) {
      const queue = byImage.get(imageId);
      if (!queue) return;
      byImage.delete(imageId);
      queue.running.delete(imageId);
      if (queue.running.size === 0) byProject.delete(queue.projectId);
      queue.change.resolve();
      queue.change = Promise.withResolvers();
    },
  };
}

function emptyQueue(projectId: string): Queue {
  return { projectId, running: new Set(), change: Promise.withResolvers() };
}

function isWantOfRoom(cause: unknown): boolean {
  return cause instanceof DomainError && cause.code === 'QuotaExceeded';
}

function isLast({ running }: Queue, imageId: string): boolean {
  return [...running].at(-1) === imageId;
}

/** Waits for a promise; false when it takes longer than `time` ms. */
async function comesWithin(promise: Promise<void>, time: number): Promise<boolean> {
  const over = new AbortController();
  const late = wait(time, false, { signal: over.signal }).catch(() => false);
  const isThere = await Promise.race([promise.then(() => true), late]);
  over.abort();
  return isThere;
}
