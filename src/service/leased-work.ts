import type { Connection, Database } from '../database/database.ts';
import {
  type Claim,
  freeAllLeases,
  freeLeases,
  type Lease,
  type LeasedTable,
  releaseLease,
  renewLease,
} from '../database/leases.ts';
import type { Report } from './unwanted-data.ts';

export interface LeasedWorkOptions {
  readonly database: Database;
  /** Whose rows are the work. */
  readonly table: LeasedTable;
  /** Claims rows that are due. */
  readonly claim: (db: Connection, claim: Omit<Claim, 'table'>) => Promise<readonly Lease[]>;
  /**
   * Does one piece. It may be done again after a crash, so what it does elsewhere must bear that; what it writes
   * in the end belongs in one transaction with `holdsLease`, and so takes effect once.
   *
   * `signal` is aborted when the piece is somebody else's by now, or the service stops.
   *
   * @returns after how many milliseconds the row is due again; undefined when it is gone
   */
  readonly work: (lease: Lease, signal: AbortSignal) => Promise<number | undefined>;
  /** Milliseconds until a piece that failed is due again, after that many claims. */
  readonly retryAfter: (term: number) => number;
  /** Pieces at a time. */
  readonly limit: number;
  /** Without a renewal for so long (ms) a piece is anybody's. */
  readonly ttl?: number;
  /** Between two looks for work, ms. */
  readonly interval?: number;
  /** What the operator is told of a piece that failed. */
  readonly failure: string;
  readonly report: Report;
}

/** Work that this process takes its share of, until it is disposed of; then what it had is free for others. */
export interface LeasedWork extends AsyncDisposable {
  /** Looks for work now. */
  wake(): void;
}

/** A piece under way. */
interface Piece {
  readonly lease: Lease;
  readonly stop: AbortController;
  /** When it was last known to be this process's. */
  keptAt: number;
  done: Promise<void>;
}

/** How long a process that dies keeps its work from others, and how often they look, ms. */
export const usualTtl = 30_000;
export const usualInterval = 10_000;

/** Takes pieces of work as they become due, each of which one process has at a time. */
export function startLeasedWork(options: LeasedWorkOptions): LeasedWork {
  const { database, limit, ttl = usualTtl, interval = usualInterval, report } = options;
  const { id: holder, isShared } = database.processes;
  const pieces = new Set<Piece>();
  let isStopping = false;
  let looking = free();

  /** What the process before this one had: there is one with this id at a time. */
  async function free(): Promise<void> {
    const { table } = options;
    await database
      .transaction((db) => (isShared ? freeLeases(db, table, holder) : freeAllLeases(db, table)))
      .catch((cause: unknown) => report('Work could not be taken over; others will.', cause));
  }

  async function look(): Promise<void> {
    const room = limit - pieces.size;
    if (isStopping || room <= 0) return;
    const keptAt = performance.now();
    const leases = await database.transaction((db) =>
      options.claim(db, { holder, ttl, limit: room }),
    );
    for (const lease of leases) begin(lease, { keptAt, isMore: leases.length === room });
  }

  function wake(): void {
    looking = looking
      .then(look)
      .catch((cause: unknown) => report('Work could not be claimed; it is tried again.', cause));
  }

  function begin(
    lease: Lease,
    { keptAt, isMore }: { readonly keptAt: number; readonly isMore: boolean },
  ): void {
    const earlier = [...pieces].filter((piece) => piece.lease.key === lease.key);
    const piece: Piece = { lease, stop: new AbortController(), keptAt, done: Promise.resolve() };
    pieces.add(piece);
    piece.done = Promise.all(earlier.map(({ done }) => done))
      .then(() => doPiece(options, piece))
      .finally(() => {
        pieces.delete(piece);
        if (isMore) wake();
      });
  }

  async function keepOne(db: Connection, piece: Piece): Promise<void> {
    const keptAt = performance.now();
    if (await renewLease(db, piece.lease, ttl)) piece.keptAt = keptAt;
    else piece.stop.abort(new Error('The work is somebody else’s by now.'));
  }

  async function keepAll(): Promise<void> {
    if (pieces.size === 0) return;
    const kept = [...pieces];
    try {
      await database.transaction(async (db) => {
        for (const piece of kept) await keepOne(db, piece);
      });
    } catch (cause) {
      for (const piece of kept) {
        if (performance.now() - piece.keptAt > ttl) piece.stop.abort(cause);
      }
    }
  }

  wake();
  const lookTimer = setInterval(wake, interval);
  const keepTimer = setInterval(() => void keepAll(), ttl / 3);
  return {
    wake,
    async [Symbol.asyncDispose]() {
      isStopping = true;
      clearInterval(lookTimer);
      await looking;
      for (const { stop } of pieces) stop.abort(new Error('The service stops.'));
      await Promise.all([...pieces].map(({ done }) => done));
      clearInterval(keepTimer);
    },
  };
}

/** Does a piece, and says when it is due again. */
async function doPiece(options: LeasedWorkOptions, { lease, stop }: Piece): Promise<void> {
  const { database, report, failure } = options;
  const { signal } = stop;
  let after: number | undefined;
  try {
    if (!signal.aborted) after = await options.work(lease, signal);
  } catch (cause) {
    // What was given up is for whoever claims it next.
    after = signal.aborted ? 0 : options.retryAfter(lease.term);
    if (!signal.aborted) report(failure, cause);
  }
  if (signal.aborted) after ??= 0;
  if (after === undefined) return;
  const due = after;
  await database
    .transaction((db) => releaseLease(db, lease, due))
    .catch((cause: unknown) =>
      report('Work could not be given back; it is when its time is over.', cause),
    );
}
