import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { confinedEnvironment } from './confinement.ts';

export interface ConfinedRunOptions {
  /** What to execute, confined already. */
  readonly command: readonly [string, ...string[]];
  /** Where it works. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** ms. */
  readonly timeout: number;
  /** Given what it writes to its output, as it comes. */
  readonly onOutput: (text: string) => void;
}

/** How a program ended. */
export interface ConfinedEnd {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** The last line of what it had to say. */
  readonly complaint: string;
  readonly isLate: boolean;
}

/** What others compute goes first. */
const niceness = 10;

/** Characters of its complaints that are kept. */
const maxComplaint = 2000;

/**
 * Runs a program in a session of its own, without input and with nothing of this process's environment, and waits for its end.
 *
 * @throws the signal's reason, once it is dead
 */
export async function runConfined(options: ConfinedRunOptions): Promise<ConfinedEnd> {
  const { command, folder, signal, timeout, onOutput } = options;
  signal.throwIfAborted();
  const [file, ...parameters] = command;
  const child = spawn(file, parameters, {
    cwd: folder,
    env: confinedEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let complaints = '';
  let isLate = false;
  child.stdout.setEncoding('utf8').on('data', onOutput);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-maxComplaint);
  });
  const stop = () => kill(child);
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, timeout);
  signal.addEventListener('abort', stop);
  try {
    const code = await endOf(child);
    signal.throwIfAborted();
    return { code, complaint: complaints.trim().split('\n').at(-1) ?? '', isLate };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

async function endOf(child: ChildProcess): Promise<number | null> {
  return await new Promise((resolve, reject) => {
    child.on('spawn', () => lower(child));
    child.on('error', reject);
    child.on('close', resolve);
  });
}

function lower({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // It is over already.
  }
}

/** Ends it and whatever it has begun. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It is over already.
  }
}
