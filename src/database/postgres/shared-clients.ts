import type { Writable } from 'node:stream';
import type { QueryResult } from 'kysely';
import type { Client } from 'pg';
import { type Query, runOn } from './clients.ts';
import { isLoss, isOutdated } from './failures.ts';

/** Connections that many queries use at the same time, each query a transaction of its own. */
export interface SharedClients {
  /** Runs a query that may run twice. */
  run<Row>(query: Query): Promise<QueryResult<Row>>;
  close(): Promise<void>;
}

export interface SharedClientsOptions {
  readonly open: () => Promise<Client>;
  readonly most: number;
}

/** Queries sent on one connection before another is used: they are answered one after the other. */
const fewAhead = 16;

/** A connection that has answered nothing for so long (ms) while asked is at a slow query. */
const slow = 20;

interface Slot {
  client: Promise<Client> | undefined;
  ahead: number;
  /** When it was idle or answered last. */
  movedAt: number;
}

/** Connections whose queries wait for those that come in with them. */
const gathering = new WeakSet<Client>();

/** Has the queries of this turn leave in one write: each write wakes the server, which costs more than a query. */
function sendTogether(client: Client): void {
  if (gathering.has(client)) return;
  gathering.add(client);
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } })
    .connection;
  stream.cork();
  // By then every request that has arrived has been read.
  setImmediate(() => {
    gathering.delete(client);
    stream.uncork();
  });
}

/** At most `most` connections, opened when they are needed and again when they break. */
export function sharedClients({ open, most }: SharedClientsOptions): SharedClients {
  const slots = Array.from(
    { length: most },
    (): Slot => ({ client: undefined, ahead: 0, movedAt: 0 }),
  );
  let isClosed = false;

  function choose(): Slot {
    const now = performance.now();
    const isFree = ({ ahead, movedAt }: Slot) =>
      ahead === 0 || (ahead < fewAhead && now - movedAt < slow);
    const free = slots.find(isFree);
    const slot =
      free ?? slots.reduce((least, other) => (other.ahead < least.ahead ? other : least));
    if (slot.ahead === 0) slot.movedAt = now;
    return slot;
  }

  /** Its connection, opened if there is none. */
  function clientOf(slot: Slot): Promise<Client> {
    if (slot.client) return slot.client;
    if (isClosed) return Promise.reject(new Error('The database is closed.'));
    const opening = open();
    slot.client = opening;
    const forget = () => {
      if (slot.client === opening) slot.client = undefined;
    };
    opening.then((client) => client.once('end', forget), forget);
    return opening;
  }

  /** Uses another connection from now on; this one ends once what was sent on it is answered. */
  function leave(slot: Slot, opening: Promise<Client>): void {
    if (slot.client !== opening) return;
    slot.client = undefined;
    void opening.then((client) => client.end()).catch(() => undefined);
  }

  async function runIn<Row>(slot: Slot, query: Query): Promise<QueryResult<Row>> {
    slot.ahead += 1;
    try {
      const opening = clientOf(slot);
      const client = await opening;
      try {
        sendTogether(client);
        return await runOn<Row>(client, query);
      } catch (cause) {
        if (isOutdated(cause)) leave(slot, opening);
        throw cause;
      }
    } finally {
      slot.ahead -= 1;
      slot.movedAt = performance.now();
    }
  }

  return {
    async run<Row>(query: Query): Promise<QueryResult<Row>> {
      const slot = choose();
      const isOpen = slot.client !== undefined;
      try {
        return await runIn<Row>(slot, query);
      } catch (cause) {
        // A connection that broke tells nothing of whether another can be had; one that knows an earlier schema
        // was left by whoever saw it first.
        if (!(isOutdated(cause) || (isOpen && isLoss(cause)))) throw cause;
        return await runIn<Row>(slot, query);
      }
    },

    async close() {
      isClosed = true;
      const open = slots.flatMap(({ client }) => client ?? []);
      await Promise.all(
        open.map((client) => client.then((one) => one.end()).catch(() => undefined)),
      );
    },
  };
}
