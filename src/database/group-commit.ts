import type { Checkpoints } from './checkpoints.ts';
import type { CommitCounts } from './commit-counts.ts';
import type { Connection } from './database.ts';
import type { DurableReads } from './durable-reads.ts';
import type { LogSync } from './log-sync.ts';
import type { SqliteFile } from './node-sqlite.ts';
import { type SqliteTransaction, transactionOn } from './sqlite-transaction.ts';
import type { Turns } from './turns.ts';

/** A change that waits for its turn, and whoever waits for it. */
interface Waiting {
  readonly change: (db: Connection) => Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (cause: unknown) => void;
}

/** A change that was committed or refused, whose caller is told so once it is durable, and all that it has seen. */
interface Done {
  readonly settle: () => void;
  readonly reject: (cause: unknown) => void;
}

/** Changes of a group for each that may run in one turn: a commit of more takes longer than a change. */
const groupSize = 4;

export interface GroupCommitOptions {
  /** A connection to `file` that nobody else uses. */
  readonly write: Connection;
  /** Its commits are not synced. */
  readonly file: SqliteFile;
  readonly log: Pick<LogSync, 'sync'>;
  readonly reads: Pick<DurableReads, 'hold' | 'mark' | 'advance'>;
  readonly checkpoints: Pick<Checkpoints, 'consider' | 'due'>;
  readonly turns: Turns;
  readonly counts: Pick<CommitCounts, 'waits'>;
}

/**
 * Runs changes one after another and commits them, a few in each turn of the event loop. All that was committed by the
 * time that the disk is free is synced together, while the next ones run: a sync takes as long for many changes
 * as for one.
 *
 * Each change is a transaction of its own: it takes effect whole or not at all, whatever becomes of the others. Its
 * promise settles only once it is on stable storage, and with it all that it has seen; until then no reader sees it.
 */
export class GroupCommit {
  private readonly options: GroupCommitOptions;
  private readonly inside: SqliteTransaction;
  private waiting: Waiting[] = [];
  private running: Promise<void> | undefined;
  private done: Done[] = [];
  /** Whether something was committed since the last sync began. */
  private isAhead = false;
  /** Until all that is done is on stable storage, or known not to be. */
  private syncing: Promise<void> | undefined;

  constructor(options: GroupCommitOptions) {
    this.options = options;
    this.inside = transactionOn(options.file);
  }

  /** Runs `change` as one transaction; its effects are on stable storage when the promise resolves. */
  transaction<T>(change: (db: Connection) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ change, resolve, reject });
      // By then every request that has arrived has been read.
      this.running ??= new Promise<void>((begin) => setImmediate(begin)).then(() => this.run());
    });
  }

  /** How many wait for their turn. */
  waitingChanges(): number {
    return this.waiting.length;
  }

  /** Resolves when no change is under way. */
  async settled(): Promise<void> {
    while (this.running ?? this.syncing) await (this.running ?? this.syncing);
  }

  private async run(): Promise<void> {
    const { checkpoints, turns } = this.options;
    while (this.waiting.length > 0) {
      for (let due = checkpoints.due(); due; due = checkpoints.due()) {
        // Until then readers are held to a place in the log.
        await this.syncing;
        await due();
      }
      await this.runGroup(this.waiting.splice(0, groupSize * turns.atOnce()));
      if (this.waiting.length > 0) await turns.next();
    }
    this.running = undefined;
  }

  private async runGroup(group: readonly Waiting[]): Promise<void> {
    const { reads, checkpoints } = this.options;
    try {
      this.inside.begin();
      const done = await this.runAll(group);
      const changed = this.inside.changedRows();
      if (changed > 0) reads.hold();
      this.inside.commit();
      this.done.push(...done);
      if (changed === 0) return;
      this.isAhead = true;
      checkpoints.consider(changed);
    } catch (cause) {
      // Nothing of the group has been kept, not even what was refused for the sake of what came before it.
      this.inside.undo();
      for (const { reject } of group) reject(cause);
    } finally {
      this.beginSync();
    }
  }

  private async runAll(group: readonly Waiting[]): Promise<readonly Done[]> {
    const done: Done[] = [];
    for (const [n, one] of group.entries()) {
      const before = this.inside.changedRows();
      try {
        done.push(await this.runOne(one));
      } catch (cause) {
        // The database may have undone the whole group by itself, for this reason.
        if (!this.inside.isOpen()) throw cause;
        if (this.inside.changedRows() !== before) return await this.runAgain(group);
        done.push(refused(one, cause));
      }
      // Behind the last one too: the commit is a step as well.
      if ((n + 1) % this.options.turns.atOnce() === 0) await this.options.turns.next();
    }
    return done;
  }

  /** Runs all of a group again, of which one has left half of its work behind, each so that it can be undone alone. */
  private async runAgain(group: readonly Waiting[]): Promise<readonly Done[]> {
    this.inside.undo();
    this.inside.begin();
    const done: Done[] = [];
    for (const one of group) {
      done.push(
        await this.inside.alone(
          () => this.runOne(one),
          (cause) => refused(one, cause),
        ),
      );
    }
    return done;
  }

  private async runOne({ change, resolve, reject }: Waiting): Promise<Done> {
    const result = await change(this.options.write);
    return { settle: () => resolve(result as never), reject };
  }

  private beginSync(): void {
    if (this.syncing || this.done.length === 0) return;
    this.syncing = this.sync().then(() => {
      this.syncing = undefined;
      this.beginSync();
    });
  }

  /** Syncs what is committed, and what is committed meanwhile, and tells the callers. */
  private async sync(): Promise<void> {
    while (this.done.length > 0) {
      const done = this.done;
      this.done = [];
      try {
        // What changed nothing may be done behind a sync that covers what it has seen.
        if (this.isAhead) await this.syncOnce();
        void this.tellAll(done);
      } catch (cause) {
        for (const { reject } of done) reject(cause);
      }
    }
  }

  private async syncOnce(): Promise<void> {
    const { log, reads, counts } = this.options;
    const began = performance.now();
    reads.mark();
    this.isAhead = false;
    try {
      await log.sync();
      counts.waits.observe((performance.now() - began) / 1000);
    } catch (cause) {
      // It never will be: what comes next and has seen it must not be told of a success either.
      this.isAhead = true;
      throw cause;
    }
    reads.advance(!this.isAhead);
  }

  /** What follows an answer is work of its own, and so is the request that it brings. */
  private async tellAll(done: readonly Done[]): Promise<void> {
    const { turns } = this.options;
    for (let first = 0; first < done.length; ) {
      const last = first + turns.atOnce();
      for (const { settle } of done.slice(first, last)) settle();
      first = last;
      if (first < done.length) await turns.next();
    }
  }
}

function refused({ reject }: Waiting, cause: unknown): Done {
  return { settle: () => reject(cause), reject };
}
