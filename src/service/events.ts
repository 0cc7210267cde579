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

/** Events delivered at a time. */
const batchSize = 200;

/** What is kept of events that cannot be written, the latest ones: a disk may be full for long. */
const maxWaiting = 10_000;

export function eventsService(options: EventsOptions): Events {
  const { database, sink, disabled, clock, report, interval = 1000 } = options;
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

  async function turn(to: EventSink): Promise<void> {
    try {
      await writeWaiting();
      await database.processes.unlessTaken('delivery', () => deliver(options, to));
    } catch (cause) {
      report('Events could not be delivered; it is tried again.', cause);
    }
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
      let turns = Promise.resolve();
      const begin = () => {
        turns = turns.then(() => turn(sink));
      };
      begin();
      const timer = setInterval(begin, interval);
      return {
        async [Symbol.asyncDispose]() {
          clearInterval(timer);
          begin();
          await turns;
        },
      };
    },
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

async function deliver({ database, publisherId }: EventsOptions, sink: EventSink): Promise<void> {
  for (let full = true; full; ) {
    const events = await listEvents(database, sink.name, batchSize);
    const last = events.at(-1);
    if (!last) return;
    await sink.deliver(events.map((event) => messageOf(event, publisherId)));
    await database.transaction((db) => advanceCursor(db, sink.name, last.id));
    full = events.length === batchSize;
  }
}
