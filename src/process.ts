import cluster from 'node:cluster';
import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Logger, pino } from 'pino';
import { ConfigError, readConfig } from './config.ts';
import type { FirstSecret } from './identity/first-secrets.ts';
import { type RunningService, startService } from './server.ts';
import { startWorkers, workerVariable } from './workers.ts';

/** When a process that was asked to end does so at the latest, ms: after the patience that the service has. */
const lastMoment = 4800;

interface Welcome {
  readonly url: string;
  readonly cloudsFile: string;
  readonly hasConsole: boolean;
}

/** What a newcomer does next; on standard error, since standard output has the ready line alone. */
function welcome({ url, cloudsFile, hasConsole }: Welcome): string {
  const page = `
Open ${url}/console in a browser.
The users producer, consumer and admin have their passwords in ${cloudsFile}
`;
  return `${hasConsole ? page : ''}
Try next, in another terminal:
  npm run demo                              # a whole share, step by step
  npm run vitrine -- user list              # manage users, projects and roles
  OS_CLIENT_CONFIG_FILE=${cloudsFile} openstack --os-cloud vitrine-producer image list
`;
}

/** The number of this process among its siblings, which is no setting. */
function takeWorkerNumber(): number | undefined {
  const number = process.env[workerVariable];
  delete process.env[workerVariable];
  return cluster.isWorker ? Number(number) : undefined;
}

async function serve(secrets: readonly FirstSecret[] | undefined): Promise<void> {
  // Passwords, keys and images: what the service writes is for its own account alone.
  process.umask(0o077);
  const worker = takeWorkerNumber();
  const read = readConfig(process.env, (path) => readFileSync(path, 'utf8'));
  if (read.problems.length > 0) throw new ConfigError(read.problems);
  const { config } = read;
  // Standard output has one line for scripts to wait for; everything else goes beside it.
  const log = pino(
    { level: config.logLevel, base: null },
    pino.destination({ dest: 2, sync: true }),
  );
  const isOne = config.workers === 1 || worker !== undefined;
  // All workers would say the same.
  if (cluster.isPrimary) for (const warning of read.warnings) log.warn(warning);
  const service = isOne
    ? await startService(config, log, { secrets, worker, onDatabaseFailure: haltBy(log) })
    : await startWorkers(config, log);
  let isStopping = false;
  const stop = async () => {
    if (isStopping) return;
    isStopping = true;
    // A disk that hangs must not keep the process: the next start puts right what this one leaves.
    setTimeout(() => process.exit(0), config.drainTime * 1000 + lastMoment).unref();
    await service.stop();
    process.exit(0);
  };
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  // A worker does not outlive the process that gives it its connections.
  process.once('disconnect', () => void stop());
  if (cluster.isPrimary) announce(service, config.console);
  else process.send?.({ url: service.url, cloudsFile: service.cloudsFile });
  if (isOne) setTimeout(giveBackMemory, settlingTime).unref();
}

/** How long after its start the service looks at what the start has left behind, ms. */
const settlingTime = 1000;

/**
 * Collects what loading and compiling left, and gives the memory back: by itself the engine waits for it to grow
 * first. Takes some 50 ms, once.
 */
function giveBackMemory(): void {
  // A context made from now on has the function, and takes no part in anything.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: object) => void;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  setFlagsFromString('--no-expose-gc');
}

/** The exit code of a process that does not trust its disk any more. @see sysexits.h, EX_IOERR */
const diskFailureCode = 74;

/** How long answers that are on their way have, ms. */
const lastWords = 200;

/** Ends the process without a further look at the database, which closing would write to. */
function haltBy(log: Logger): (cause: unknown) => void {
  return (cause) => {
    const text =
      'The disk failed the database. Nothing more is done with it: the process ends, and the next one starts from what is on the disk.';
    log.fatal({ err: cause }, text);
    setTimeout(() => process.exit(diskFailureCode), lastWords);
  };
}

function announce({ url, cloudsFile }: RunningService, hasConsole: boolean): void {
  // Where another process made the accounts, their passwords are in its folder.
  if (cloudsFile !== undefined && existsSync(cloudsFile))
    process.stderr.write(welcome({ url, cloudsFile, hasConsole }));
  process.stdout.write(`vitrine ready on ${url}\n`);
}

/** Runs the service as the process that it is: its lines, its signals, its exit code. */
export async function runService(secrets?: readonly FirstSecret[]): Promise<void> {
  await serve(secrets).catch((error: unknown) => {
    const known =
      error instanceof ConfigError || (error instanceof Error && error.cause !== undefined);
    console.error(known && error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
