import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect as connectSocket, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { noteSecret } from '../support/secrets.ts';
import { emptyFolder } from '../support/service-process.ts';

/** A real RabbitMQ on free ports of this machine. */
export interface RabbitMq extends AsyncDisposable {
  readonly url: string;
  readonly password: string;
  /** Ends it wherever it is. */
  crash(): Promise<void>;
  /** Starts it again with what it has on its disk. */
  start(): Promise<void>;
  /** Lets it stand still, or go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connectSocket(port, '127.0.0.1');
  return await once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}

async function untilAnswering(port: number, child: ChildProcess, log: () => string) {
  for (let left = 600; left > 0; left -= 1) {
    if (child.exitCode !== null) throw new Error(`It has ended:\n${log()}`);
    if (await answers(port)) return;
    await after(100);
  }
  throw new Error(`It does not answer:\n${log()}`);
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  // What it leaves behind when it fails is left there.
  const child = spawn(command, args, { env, cwd: env['HOME'], stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part) => {
      text += part;
    });
  }
  return { child, log: () => text };
}

/** Settings of a broker that has everything in one folder. @see RabbitMQ, "File and Directory Locations" */
async function settingsIn(folder: string, password: string): Promise<NodeJS.ProcessEnv> {
  await writeFile(join(folder, 'plugins'), '[].');
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    `default_user = glance\ndefault_pass = ${password}\ndefault_vhost = images\n`,
  );
  await writeFile(join(folder, 'environment'), '');
  await mkdir(join(folder, 'log'));
  return {
    PATH: process.env['PATH'],
    // Else a script stands between the broker and those who kill it.
    RUNNING_UNDER_SYSTEMD: 'yes',
    HOME: folder,
    ERL_EPMD_PORT: String(await freePort()),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `vitrine${randomBytes(4).toString('hex')}@localhost`,
    RABBITMQ_NODE_PORT: String(await freePort()),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'environment'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
  };
}

/** Starts a broker that is gone, with all that it had, when disposed of. */
export async function rabbitMq(): Promise<RabbitMq> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await emptyFolder()).path;
  const password = randomBytes(12).toString('hex');
  noteSecret(password);
  const env = await settingsIn(folder, password);
  const port = Number(env['RABBITMQ_NODE_PORT']);
  // The broker would leave it behind.
  const names = run('epmd', [], env);
  parts.defer(() => void names.child.kill());
  await untilAnswering(Number(env['ERL_EPMD_PORT']), names.child, names.log);
  let broker: ChildProcess | undefined;

  async function start(): Promise<void> {
    const { child, log } = run('/usr/lib/rabbitmq/bin/rabbitmq-server', [], env);
    broker = child;
    await untilAnswering(port, child, log);
  }

  async function crash(): Promise<void> {
    if (!broker || broker.exitCode !== null || broker.signalCode !== null) return;
    const ended = once(broker, 'exit');
    broker.kill('SIGKILL');
    await ended;
  }

  parts.defer(crash);
  await start();
  const rest = parts.move();
  return {
    url: `amqp://glance:${password}@127.0.0.1:${port}/images`,
    password,
    start,
    crash,
    signal: (signal) => void broker?.kill(signal),
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}
