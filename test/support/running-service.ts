import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after } from 'node:test';
import { parse } from 'yaml';
import { loginBody, projectScope } from './identity.ts';
import {
  type Environment,
  type Exit,
  emptyFolder,
  type ServiceProcess,
  spawnService,
} from './service-process.ts';

export interface ServiceOptions {
  /** A folder that outlives the service; else the service has one that goes with it. */
  readonly folder?: string;
  readonly environment?: Environment;
  /** Whether the test makes the service log errors; else there must be none. */
  readonly logsErrors?: boolean;
  /** A command that runs the service, with its arguments: a tracer, say. */
  readonly under?: readonly string[];
}

/** A service that is ready, in a process of its own. */
export interface RunningService extends ServiceProcess, AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** A token of a first user for the project of the same name; one login for each user. */
  token(user: string): Promise<string>;
  /** Asks the process to end, as an operator does, and waits for it. */
  stop(): Promise<Exit>;
  /** Ends the process wherever it is, and waits for it. */
  crash(): Promise<Exit>;
}

/** Starts a service that ends with the tests of the calling file. */
export async function sharedRun(options: ServiceOptions = {}): Promise<RunningService> {
  const service = await runService(options);
  after(() => service[Symbol.asyncDispose]());
  return service;
}

/**
 * Starts the service on a free port. When disposed of, it ends, and what it logged is looked at:
 * no secret may be in it, as for every process of the service, and no error that the test does not announce.
 */
export async function runService(options: ServiceOptions = {}): Promise<RunningService> {
  await using parts = new AsyncDisposableStack();
  const folder = options.folder ?? parts.use(await emptyFolder()).path;
  const environment = {
    VITRINE_PORT: '0',
    VITRINE_DATA_DIR: folder,
    VITRINE_LOG_LEVEL: 'trace',
    ...options.environment,
  };
  const service = spawnService(environment, options.under);
  const end = (signal: NodeJS.Signals): Promise<Exit> => {
    service.kill(signal);
    return service.exited;
  };
  parts.defer(async () => void (await end('SIGKILL')));
  const url = await service.ready;
  const tokens = new Map<string, Promise<string>>();
  const token = (user: string): Promise<string> => {
    const known = tokens.get(user) ?? logIn({ url, user, folder });
    tokens.set(user, known);
    return known;
  };
  const rest = parts.move();
  return {
    ...service,
    url,
    port: Number(new URL(url).port),
    folder,
    token,
    stop: () => end('SIGTERM'),
    crash: () => end('SIGKILL'),
    async [Symbol.asyncDispose]() {
      await end('SIGTERM');
      await rest.disposeAsync();
      checkErrors(service.stderr(), options.logsErrors ?? false);
    },
  };
}

function checkErrors(log: string, logsErrors: boolean): void {
  assert.doesNotMatch(log, /^\(node:\d+\) /m, 'the runtime warned');
  const errors = log.split('\n').filter((line) => /^\{"level":[56]0,/.test(line));
  if (!logsErrors) assert.deepEqual(errors, [], 'the service logged errors');
}

/** The password of a first user, as `clouds.yaml` has it. */
export async function passwordOf(folder: string, user: string): Promise<string> {
  const { clouds } = parse(await readFile(join(folder, 'clouds.yaml'), 'utf8'));
  return clouds[`vitrine-${user}`].auth.password;
}

interface Account {
  readonly url: string;
  readonly user: string;
  readonly folder: string;
}

async function logIn({ url, user, folder }: Account): Promise<string> {
  const body = loginBody(user, await passwordOf(folder, user), projectScope(user));
  const response = await fetch(`${url}/identity/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 201, await response.text());
  return response.headers.get('x-subject-token') ?? '';
}
