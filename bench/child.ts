import { type ChildProcess, fork, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process that the bench started and ends again. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
}

type Command = readonly [string, ...string[]];

/** Every process that runs now, so that an interrupted bench leaves none behind. */
const running = new Set<ChildProcess>();

/** Ends all processes that the bench started. */
async function endChildren(): Promise<void> {
  await Promise.all([...running].map(endChild));
}

/**
 * Does `work`, and then or on Ctrl-C ends every process that the bench started and calls `cleanUp`: a bench
 * leaves nothing behind.
 */
export async function leavingNothing(
  work: () => Promise<void>,
  cleanUp: () => Promise<void>,
): Promise<void> {
  const end = async () => {
    await endChildren();
    await cleanUp();
  };
  let interrupted = false;
  // Ctrl-C can arrive twice, from the terminal and from npm: the second must not cut the cleaning short.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (interrupted) return;
      interrupted = true;
      void end().finally(() => process.exit(130));
    });
  }
  try {
    await work();
  } catch (error) {
    // Ending the children makes whatever waited for them fail: that is no news.
    if (interrupted) await new Promise(() => {});
    throw error;
  } finally {
    await end();
  }
}

/**
 * Starts a program and resolves when it prints a line that `ready` recognises, with what `ready` made of it.
 *
 * @throws Error when the program ends first; the end of what it wrote to standard error is in the text.
 */
export async function startChild<T>(
  command: Command,
  options: Pick<SpawnOptions, 'cwd' | 'env'>,
  ready: (line: string) => T | undefined,
): Promise<Child & { readonly value: T }> {
  const { child, complaint } = spawnChild(command, options);
  const { stdout, pid } = child;
  const value = await new Promise<T>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`${command.join(' ')} ended with ${code}:\n${complaint()}`));
    });
    if (!stdout) return;
    createInterface({ input: stdout }).on('line', (line) => {
      const result = ready(line);
      if (result !== undefined) resolve(result);
    });
  });
  if (pid === undefined) throw new Error(`${command[0]} has no process id.`);
  return { pid, value, [Symbol.asyncDispose]: () => endChild(child) };
}

/** Runs a program to its end. @throws Error when it does not end with 0. */
export async function runChild(command: Command, cwd: string): Promise<void> {
  const { child, complaint } = spawnChild(command, { cwd });
  child.stdout?.resume();
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${complaint()}`);
}

/**
 * Starts a worker script, sends it one message and gives the one it answers with.
 *
 * @throws Error with the worker's words when its answer is `{ error }`.
 */
export async function askWorker<T extends object>(script: string, message: object): Promise<T> {
  const worker = fork(script, { detached: true });
  register(worker);
  try {
    worker.send(message);
    const [answer] = (await Promise.race([
      once(worker, 'message'),
      once(worker, 'exit').then(() => Promise.reject(new Error(`${script} ended.`))),
    ])) as [T | { readonly error: string }];
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  } finally {
    await endChild(worker);
  }
}

function spawnChild(
  [program, ...args]: Command,
  options: Pick<SpawnOptions, 'cwd' | 'env'>,
): { readonly child: ChildProcess; readonly complaint: () => string } {
  const child = spawn(program, args, {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  register(child);
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4000);
  });
  return { child, complaint: () => complaint };
}

function register(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Asks a child and what it started to end, and insists after 5 seconds. */
async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const { pid } = child;
  const ended = once(child, 'exit');
  // Children lead process groups of their own: a negative id reaches what they started as well.
  process.kill(-pid, 'SIGTERM');
  const insist = setTimeout(() => process.kill(-pid, 'SIGKILL'), 5000);
  await ended;
  clearTimeout(insist);
}
