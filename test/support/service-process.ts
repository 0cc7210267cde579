import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { checkLog, noteSecretsOfClouds } from './secrets.ts';

const entry = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** How long a process may take to get ready or to end, ms; a loaded machine takes seconds. */
const patience = 120_000;

export type Environment = Readonly<Record<string, string>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the service, ready or not. */
export interface ServiceProcess {
  readonly pid: number;
  /** Resolves once the process is gone and all its output is read; rejects when a secret is in there. */
  readonly exited: Promise<Exit>;
  /** Resolves to the URL of the ready line; rejects with what the process said when there is none. */
  readonly ready: Promise<string>;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
}

/** A folder that is removed when disposed of. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
}

/** A new folder, open to everybody who may enter the temporary folder's owner's files. */
export async function emptyFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/**
 * Starts a process of the service, which sees `environment` and nothing else of ours. Whatever it says in its life is
 * looked at in the end: there may be no secret in it, and a test cannot overlook that there is.
 *
 * @param under a command that runs the service, as the process that it would be by itself
 */
export function spawnService(
  environment: Environment,
  under: readonly string[] = [],
): ServiceProcess {
  const [command = process.execPath, ...options] = under;
  const programs = under.length > 0 ? [process.execPath, entry] : [entry];
  const child = spawn(command, [...options, ...programs], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const gone = once(child, 'close').then(([code, signal]): Exit => ({ code, signal }));
  const exited = gone.then(async (exit) => {
    const dataDir = environment['VITRINE_DATA_DIR'];
    if (dataDir !== undefined) await noteSecretsOfClouds(join(dataDir, 'clouds.yaml'));
    checkLog(stdout() + stderr());
    return exit;
  });
  const ready = readyUrl(child, { stdout, stderr, gone });
  // Not every test asks for it.
  ready.catch(() => undefined);
  return {
    pid: child.pid ?? -1,
    exited,
    ready,
    stdout,
    stderr,
    kill: (signal) => void child.kill(signal),
  };
}

function collect(stream: Readable): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  return () => text;
}

function readyUrl(
  child: ChildProcessByStdio<null, Readable, Readable>,
  {
    stdout,
    stderr,
    gone,
  }: Pick<ServiceProcess, 'stdout' | 'stderr'> & { readonly gone: Promise<Exit> },
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.stdout.on('data', () => {
    const url = /^vitrine ready on (https?:\S+)\n/.exec(stdout())?.[1];
    if (url !== undefined) resolve(url);
  });
  const fail = (why: string) => reject(new Error(`${why}:\n${stderr()}`));
  void gone.then(({ code, signal }) =>
    fail(`The service ended (${code ?? signal}) before it was ready`),
  );
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    fail('The service was not ready in time');
  }, patience);
  return promise.finally(() => clearTimeout(timer));
}
