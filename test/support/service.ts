import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import {
  Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { parse } from 'yaml';
import { type Config, loadConfig } from '../../src/config.ts';
import type { Database } from '../../src/database/database.ts';
import type { ConnectionTimes } from '../../src/http/network.ts';
import { startService } from '../../src/server.ts';
import { type CallerName, makeCallers, type ProjectName } from './callers.ts';
import { databaseOf } from './database.ts';
import { passwordCost } from './identity.ts';
import { noteSecretsIn, noteSecretsOfClouds } from './secrets.ts';
import { storeEnvironment } from './store-environment.ts';
import { watchedLog } from './watched-log.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever document came.
  readonly json: any;
}

export type Headers = Readonly<Record<string, string>>;

/** The real service, listening on a port of its own with an empty data folder. */
export interface TestService extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly projects: Readonly<Record<ProjectName, string>>;
  readonly tokens: Readonly<Record<CallerName, string>>;
  /** Opens its database beside it. */
  openDatabase(): Promise<Database>;
  /** What the service has logged, every level of it; when it has ended, no secret may be in there. */
  readonly log: () => string;
  /** Sends text and bytes as they are, anything else as JSON, and the path without a change. */
  call(
    caller: CallerName,
    method: string,
    path: string,
    body?: unknown,
    headers?: Headers,
  ): Promise<Answer>;
}

export interface TestServiceOptions {
  readonly config?: Partial<Config>;
  readonly times?: Partial<ConnectionTimes>;
  /** Where its built console is; else nothing is built. */
  readonly consoleFolder?: string;
}

/** Starts a service that ends with the tests of the calling file. */
export async function sharedService(options: TestServiceOptions = {}): Promise<TestService> {
  const service = await startTestService(options);
  after(() => service[Symbol.asyncDispose]());
  return service;
}

export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  const database = await databaseOf(folder);
  const config = {
    ...loadConfig(storeEnvironment(), undefined),
    ...database.config,
    port: 0,
    dataDir: folder,
    ...options.config,
  };
  const log = watchedLog();
  const running = await startService(config, log.log, {
    times: options.times,
    passwordCost,
    consoleFolder: options.consoleFolder ?? join(folder, 'no-console'),
  });
  await noteSecretsOfClouds(running.cloudsFile ?? '');
  const agent = await agentFor(config);
  const send = sender(running.url, agent);
  const { projects, tokens } = await makeCallers(send, await adminPassword(running.cloudsFile));
  return {
    url: running.url,
    port: Number(new URL(running.url).port),
    folder,
    projects,
    tokens,
    openDatabase: () => database.open(),
    log: log.text,
    call: (caller, method, path, body, headers) =>
      send(method, path, body, {
        ...(caller !== 'nobody' && { 'x-auth-token': tokens[caller] }),
        ...headers,
      }),
    async [Symbol.asyncDispose]() {
      agent.destroy();
      await running.stop();
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
      log.check();
    },
  };
}

/** Keeps connections, and believes the certificate that the service has at first. */
async function agentFor({ tlsCertFile }: Config): Promise<Agent> {
  if (tlsCertFile === undefined) return new Agent({ keepAlive: true });
  return new TlsAgent({ keepAlive: true, ca: await readFile(tlsCertFile) });
}

/** Sends a request as it is told to. */
export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Headers,
) => Promise<Answer>;

/** Sends to the host of `url`. */
export function sender(url: string, agent: Agent): Send {
  const { hostname, port, protocol } = new URL(url);
  const begin = protocol === 'https:' ? tlsRequest : request;
  return async (method, path, body, headers = {}) => {
    const payload = payloadOf(body);
    if (path.includes('/v3/')) noteSecretsIn(payload);
    const sent: OutgoingHttpHeaders = { accept: '*/*', ...headers };
    if (payload !== undefined && sent['transfer-encoding'] === undefined) {
      sent['content-length'] ??= payload.length;
    }
    return new Promise<Answer>((resolve, reject) => {
      const outgoing = begin({ hostname, port, method, path, headers: sent, agent }, (response) =>
        resolve(readAnswer(response)),
      );
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  };
}

function payloadOf(body: unknown): Uint8Array | undefined {
  if (body === undefined || body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const bytes = Buffer.concat(await Array.fromAsync(response));
  const text = bytes.toString();
  const isText = headers['content-encoding'] === undefined && text !== '';
  const isJson = isText && headers['content-type']?.startsWith('application/json');
  const json = isJson ? JSON.parse(text) : undefined;
  return { status, headers, bytes, text, json };
}

async function adminPassword(cloudsFile: string | undefined): Promise<string> {
  assert(cloudsFile);
  const clouds = parse(await readFile(cloudsFile, 'utf8'));
  return clouds.clouds['vitrine-admin'].auth.password;
}
