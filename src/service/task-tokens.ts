import type { Database } from '../database/database.ts';
import { listOpenTasks } from '../database/tasks.ts';
import type { Caller } from '../domain/caller.ts';
import type { Report } from './unwanted-data.ts';

/** Who has ordered a task, as what he was then. */
export interface Orderer {
  readonly caller: Caller;
  readonly token: string;
}

/**
 * The tokens of those who have ordered tasks that ask other services in their name: nobody gets by a task what he would not get
 * himself. They are kept in memory alone, for as long as their task; so such a task is for the process that has its token.
 */
export interface TaskTokens {
  /** Keeps the token of whoever has ordered a task. */
  hold(taskId: string, orderer: Orderer): void;
  /** Undefined once the process has ended that took the order. */
  of(taskId: string): Orderer | undefined;
  /** To be called when the task is over. */
  release(taskId: string): void;
  /** The tasks whose tokens are kept. */
  held(): readonly string[];
}

export function taskTokens(): TaskTokens {
  const tokens = new Map<string, Orderer>();
  return {
    hold: (taskId, orderer) => void tokens.set(taskId, orderer),
    of: (taskId) => tokens.get(taskId),
    release: (taskId) => void tokens.delete(taskId),
    held: () => [...tokens.keys()],
  };
}

interface SweepOptions {
  readonly tokens: TaskTokens;
  readonly database: Database;
  readonly report: Report;
}

/** Between two looks for tokens whose task is over, ms. */
const sweepTime = 30_000;

/** Forgets tokens whose task is over, whoever has ended it, until it is disposed of. */
export function startTokenSweep(options: SweepOptions): AsyncDisposable {
  let sweeping = Promise.resolve();
  const timer = setInterval(() => {
    sweeping = sweepTokens(options).catch((cause: unknown) =>
      options.report('Tokens of tasks that are over could not be looked for.', cause),
    );
  }, sweepTime);
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await sweeping;
    },
  };
}

/** Forgets the tokens of tasks that are over, or gone. */
export async function sweepTokens({
  tokens,
  database,
}: Omit<SweepOptions, 'report'>): Promise<void> {
  const held = tokens.held();
  if (held.length === 0) return;
  const open = await listOpenTasks(database.read, held);
  for (const id of held) if (!open.has(id)) tokens.release(id);
}
