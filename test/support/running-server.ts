import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A Vitrine of its own process, on a data folder of its own; both are gone when it is disposed of. */
export interface RunningServer extends AsyncDisposable {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly dataDirectory: string;
}

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Starts Vitrine as an operator does, on a free port of the loopback address, and waits until it is ready. */
export async function startServer(
  settings: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'vitrine-'));
  const server = spawn(process.execPath, [entry], {
    env: { ...process.env, VITRINE_PORT: '0', VITRINE_DATA_DIR: dataDirectory, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  async function stop(): Promise<void> {
    await terminate(server);
    await rm(dataDirectory, { recursive: true, force: true });
  }

  try {
    return { url: await readyUrl(server), dataDirectory, [Symbol.asyncDispose]: stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function terminate(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  const impatience = setTimeout(() => server.kill('SIGKILL'), 10_000);
  await exited;
  clearTimeout(impatience);
}

/** The URL of the line by which the server says that it is ready. */
function readyUrl(server: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const said: string[] = [];
  for (const stream of [server.stdout, server.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      const url = /^vitrine ready on (http:\S+)$/.exec(line)?.[1];
      if (url === undefined) said.push(line);
      else resolve(url);
    });
  }
  const fail = (why: string) => reject(new Error(`${why}:\n${said.slice(-20).join('\n')}`));
  server.once('exit', (code) => fail(`The server ended with ${code} before it was ready`));
  server.once('error', (cause) => reject(new Error('The server cannot be started.', { cause })));
  const patience = setTimeout(() => fail('The server was not ready within 30 s'), 30_000);
  return promise.finally(() => clearTimeout(patience));
}
