import { setTimeout as after } from 'node:timers/promises';
import type { Client } from 'pg';
import { newestStep } from './migrations.ts';

export interface PresenceOptions {
  /** The id of this process. */
  readonly id: string;
  readonly open: () => Promise<Client>;
  /** Between two signs of life, ms. */
  readonly interval?: number;
  /** Without an answer for so long (ms), nothing is taken for heard. */
  readonly mostSilent?: number;
  readonly report: (message: string, cause: unknown) => void;
}

/** What others know of this process, and it of them, by a connection of its own. */
export interface Presence extends AsyncDisposable {
  identityChanges(): number;
}

/** Between two tries to reach a database that is away, ms. */
const patience = 1000;

/** Without an answer for so long (ms), the way to the database is broken; far less than `goneAfter`, to take another. */
export const usualSilence = 10_000;

/** The database's clock, ms since the epoch. */
export const now = '(extract(epoch from clock_timestamp()) * 1000)::bigint';

const sayHere = `insert into processes (id, started_at, seen_at, schema_step) values ($1, ${now}, ${now}, $2)
  on conflict (id) do update set seen_at = excluded.seen_at, schema_step = excluded.schema_step`;

/** Says that the process is here until it is disposed of, and hears of changes that others make. */
export async function keepPresence(options: PresenceOptions): Promise<Presence> {
  const { id, open, report, interval = 5000, mostSilent = usualSilence } = options;
  const stopping = new AbortController();
  let changes = 0;
  let client: Client | undefined;
  let heardAt = 0;
  let isHere = true;

  async function connect(): Promise<Client> {
    const opened = await open();
    opened.on('notification', () => {
      changes += 1;
    });
    opened.once('end', () => {
      if (client === opened) client = undefined;
    });
    try {
      await opened.query('listen vitrine');
      await opened.query(sayHere, [id, newestStep]);
    } catch (cause) {
      void opened.end();
      throw cause;
    }
    // What was told while nobody listened is not known.
    changes += 1;
    heardAt = performance.now();
    client = opened;
    return opened;
  }

  /** Whether the database was told. */
  async function say(): Promise<boolean> {
    try {
      await (client ?? (await connect())).query(sayHere, [id, newestStep]);
      heardAt = performance.now();
      if (!isHere) report('The database is back.', undefined);
      return true;
    } catch (cause) {
      if (isHere) report('The database is not available; it is tried again.', cause);
      void client?.end();
      client = undefined;
      return false;
    }
  }

  async function keep(): Promise<void> {
    const { signal } = stopping;
    while (!signal.aborted) {
      await after(isHere ? interval : patience, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) isHere = await say();
    }
  }

  await connect();
  const keeping = keep();
  return {
    identityChanges() {
      // A connection may be broken long before it is known to be.
      if (!client || performance.now() - heardAt > mostSilent) changes += 1;
      return changes;
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await keeping;
      await client?.query('delete from processes where id = $1', [id]).catch(() => undefined);
      await client?.end();
    },
  };
}
