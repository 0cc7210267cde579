import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import {
  deleteOldEvents,
  listProjectEvents,
  type NumberedEvent,
  newestEvent,
  oldestEvent,
} from '../database/project-events.ts';
import { mailHold } from '../domain/mail-address.ts';
import { audience, type Listener, type Listening } from './audience.ts';
import type { Job } from './jobs.ts';
import type { Report } from './unwanted-data.ts';

export interface EventFeedOptions {
  readonly database: Database;
  /** How long events can be had again, ms. */
  readonly retention: number;
  /** Between two looks for news while somebody listens, ms. */
  readonly interval?: number;
  readonly clock: () => Date;
  readonly report: Report;
}

/** Where a listener begins. */
export interface Beginning {
  /** The number up to which it knows everything. */
  readonly cursor: number;
  /** Whether events behind what it knew are kept no longer. */
  readonly hasGap: boolean;
}

/** Tells programs what happens, as it happens and from wherever they left off. */
export interface EventFeed extends AsyncDisposable {
  /**
   * Begins to tell a listener of all behind `after`, or of what comes if that is undefined; `began` is called
   * before the first event. Returns what ends it.
   */
  listen(listener: Listener, after: number | undefined, began: (at: Beginning) => void): () => void;
  /** What one project is told of behind `after`, in one page. */
  read(projectId: string, after: number, limit: number): Promise<readonly NumberedEvent[]>;
  /** Forgets what is too old. */
  readonly job: Job;
}

/** Events read at a time. */
const batchSize = 500;

/** After a failure, ms. */
const patience = 1000;

export function eventFeed(options: EventFeedOptions): EventFeed {
  const { database, report } = options;
  const listeners = audience();
  const watch = newsWatch(options, {
    isNeeded: () => listeners.count > 0,
    tell: (projectId, events) => listeners.tell(projectId, events),
  });

  /** Reads what a listener has missed, until it is where all others are. */
  async function catchUp(
    one: Listening,
    after: number | undefined,
    began: (at: Beginning) => void,
  ): Promise<void> {
    const newest = await watch.begin();
    one.cursor = Math.min(after ?? newest, newest);
    const oldest = after === undefined ? undefined : await oldestEvent(database.read);
    if (one.isOver) return;
    began({ cursor: one.cursor, hasGap: oldest !== undefined && one.cursor < oldest - 1 });
    // News may be told meanwhile; this ends at a moment at which there are none that it does not know.
    while (!one.isOver && one.cursor < watch.head()) await readOn(one, watch.head());
    one.isLive = true;
  }

  async function readOn(one: Listening, upTo: number): Promise<void> {
    const { projectId, take } = one.listener;
    const range = { projectId, after: one.cursor, upTo, limit: batchSize };
    const events = await listProjectEvents(database.read, range);
    one.cursor = events.length < batchSize ? upTo : (events.at(-1)?.number ?? upTo);
    if (!one.isOver && events.length > 0) take(events);
  }

  return {
    listen(listener, after, began) {
      const one = listeners.add(listener);
      catchUp(one, after, began).catch((cause: unknown) => {
        report('Events cannot be read; a listener was turned away.', cause);
        listeners.remove(one);
        listener.end();
      });
      return () => listeners.remove(one);
    },

    async read(projectId, after, limit) {
      const upTo = await newestEvent(database, after);
      return await listProjectEvents(database.read, { projectId, after, upTo, limit });
    },

    job: retentionJob(options),

    async [Symbol.asyncDispose]() {
      for (const one of listeners.all()) {
        listeners.remove(one);
        one.listener.end();
      }
      await watch.stop();
    },
  };
}

interface Audible {
  readonly isNeeded: () => boolean;
  readonly tell: (projectId: string, events: readonly NumberedEvent[]) => void;
}

/** Looks for news while that is needed: one look for everybody who listens. */
function newsWatch(
  { database, report, interval = 40 }: EventFeedOptions,
  { isNeeded, tell }: Audible,
) {
  const stopping = new AbortController();
  const { signal } = stopping;
  let head = 0;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const newest = await newestEvent(database, head);
    while (head < newest) {
      const range = { after: head, upTo: newest, limit: batchSize };
      const events = await listProjectEvents(database.read, range);
      // Nothing is waited for from here on: whoever compares its cursor with the head has been told, or will be.
      head = events.length < batchSize ? newest : (events.at(-1)?.number ?? newest);
      for (const [id, some] of Map.groupBy(events, ({ event }) => event.projectId)) tell(id, some);
    }
  }

  async function lookOn(): Promise<void> {
    let isWell = true;
    while (isNeeded() && !signal.aborted) {
      try {
        await look();
        isWell = true;
      } catch (cause) {
        if (isWell) report('Events cannot be read; it is tried again.', cause);
        isWell = false;
      }
      await pause(isWell ? interval : patience, undefined, { signal }).catch(() => undefined);
    }
    looking = undefined;
  }

  return {
    /** The number up to which everybody has been told. */
    head: () => head,

    /** Looks from now on; gives the number of the newest event. */
    async begin(): Promise<number> {
      const newest = await newestEvent(database, head);
      // Nobody has listened: what there is by now is read for those who ask for it.
      if (looking === undefined) head = Math.max(head, newest);
      looking ??= lookOn();
      return newest;
    },

    async stop(): Promise<void> {
      stopping.abort();
      await looking;
    },
  };
}

/** Rows forgotten in one transaction. */
const forgotten = 1000;

function retentionJob({ database, retention, clock }: EventFeedOptions): Job {
  return {
    name: 'event retention',
    interval: 600_000,
    failure: 'Old events could not be forgotten; it is tried again.',
    async run(signal) {
      const now = clock().getTime();
      const before = new Date(now - retention);
      const unmailed = new Date(now - mailHold);
      for (let count = forgotten; count === forgotten && !signal.aborted; ) {
        count = await database.transaction((db) =>
          deleteOldEvents(db, before, forgotten, unmailed),
        );
      }
    },
  };
}
