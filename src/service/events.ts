import { randomUUID } from 'node:crypto';
import type { Connection, Database } from '../database/database.ts';
import { advanceCursor, insertEvents, listEvents, type StoredEvent } from '../database/events.ts';
import { type ImageEvent, isDisabled } from '../domain/event.ts';
import { type EventSink, messageOf } from './event-sink.ts';
import type { Report } from './unwanted-data.ts';

export interface EventsOptions {
  readonly database: Database;
  /** Without one nothing is written at all. */
  readonly sink: EventSink | undefined;
  readonly publisherId: string;
  /** Types and groups of events that nobody wants. */
  readonly disabled: readonly string[];
  /** Between two looks for new events, ms. */
  readonly interval?: number;
  readonly clock: () => Date;
  readonly report: Report;
}

/**
 * Tells others what happens: at least once, in order, and never of what did not happen.
 * An event is written in the transaction of its change and delivered from there.
 */
export interface Events {
  /** Writes events in the transaction `db` of the change that they tell of. */
  record(db: Connection, ...events: readonly ImageEvent[]): Promise<void>;
  /** Takes the event of what changes nothing: it is written within `interval`, and may be lost in a crash. */
  recordLater(event: ImageEvent): void;
  /** Delivers what there is and what comes, until it is disposed of; then what is left. */
  startDelivering(): AsyncDisposable;
}

/** Between two looks for new events, ms. */
const usualInterval = 1000;

/** Events delivered at a time. */
const batchSize = 200;

/** What is kept of events that cannot be written, the latest ones: a disk may be full for long. */
const maxWaiting = 10_000;

export function eventsService(options: EventsOptions): Events {
  const { database, sink, disabled, clock, report, interval = usualInterval } = options;
  let waiting: Omit<StoredEvent, 'id'>[] = [];

  function wanted(events: readonly ImageEvent[]): Omit<StoredEvent, 'id'>[] {
    if (!sink) return [];
    const at = clock();
    return events
      .filter(({ type }) => !isDisabled(type, disabled))
      .map((event) => ({ messageId: randomUUID(), event, at }));
  }

  async function writeWaiting(): Promise<void> {
    const events = waiting;
    if (events.length === 0) return;
    waiting = [];
    try {
      // Many at a time: a commit for each download would cost more than the download.
      await database.transaction((db) => insertInBatches(db, events));
    } catch (cause) {
      waiting = [...events, ...waiting].slice(-maxWaiting);
      throw cause;
    }
  }

  async function write(): Promise<void> {
    await writeWaiting().catch((cause: unknown) => {
      report('Events could not be written; it is tried again.', cause);
    });
  }

  return {
    async record(db, ...events) {
      const rows = wanted(events);
      if (rows.length > 0) await insertEvents(db, rows);
    },

    recordLater(event) {
      waiting.push(...wanted([event]));
    },

    startDelivering() {
      if (!sink) return { [Symbol.asyncDispose]: async () => {} };
      const delivery = deliveryTo(sink, options);
      let writes = Promise.resolve();
      let turns = Promise.resolve();
      const begin = (turn: () => Promise<void>) => {
        // What waits for a slow sink is written nevertheless.
        writes = writes.then(write);
        turns = Promise.all([turns, writes]).then(turn);
      };
      begin(delivery.turn);
      const timer = setInterval(() => begin(delivery.turn), interval);
      return {
        async [Symbol.asyncDispose]() {
          clearInterval(timer);
          begin(delivery.lastTurn);
          const end = setTimeout(delivery.stop, lastTurns);
          await turns;
          clearTimeout(end);
          await sink.close?.();
        },
      };
    },
  };
}

/** How long a sink may take for the last events of a service that ends, ms: the rest of it has to end after that. */
const lastTurns = 2000;

/** The most between two attempts at a sink that fails, ms. */
const longestPause = 30_000;

/** Delivers in turns, and ever less often while the sink fails. */
function deliveryTo(sink: EventSink, options: EventsOptions) {
  const { database, report, interval = usualInterval } = options;
  const stopping = new AbortController();
  let failures = 0;
  let dueAt = 0;

  const lastTurn = async (): Promise<void> => {
    const { signal } = stopping;
    try {
      const work = () => deliver(options, sink, signal);
      await database.processes.unlessTaken('delivery', work);
      failures = 0;
    } catch (cause) {
      failures += 1;
      dueAt = performance.now() + Math.min(longestPause, interval * 2 ** (failures - 1));
      report('Events could not be delivered; it is tried again.', cause);
    }
  };

  return {
    lastTurn,
    turn: async (): Promise<void> => {
      if (performance.now() >= dueAt) await lastTurn();
    },
    stop: () => stopping.abort(new Error('The service stops.')),
  };
}

async function insertInBatches(
  db: Connection,
  events: readonly Omit<StoredEvent, 'id'>[],
): Promise<void> {
  for (let first = 0; first < events.length; first += batchSize) {
    await insertEvents(db, events.slice(first, first + batchSize));
  }
}

async function deliver(
  { database, publisherId }: EventsOptions,
  sink: EventSink,
  signal: AbortSignal,
): Promise<void> {
  for (let full = true; full; ) {
    const events = await listEvents(database, sink.name, batchSize);
    const last = events.at(-1);
    if (!last) return;
    signal.throwIfAborted();
    await sink.deliver(
      events.map((event) => messageOf(event, publisherId)),
      signal,
    );
    await database.transaction((db) => advanceCursor(db, sink.name, last.id));
    full = events.length === batchSize;
  }
}
