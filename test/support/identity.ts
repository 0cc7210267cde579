import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyBaseLogger, type FastifyInstance, type InjectOptions } from 'fastify';
import { parse } from 'yaml';
import { networkOf } from '../../src/config/network.ts';
import { loadConfig } from '../../src/config.ts';
import type { Database } from '../../src/database/database.ts';
import { identityRoutes } from '../../src/http/identity/identity-routes.ts';
import { traffic } from '../../src/http/metrics/traffic.ts';
import { requestLimit } from '../../src/http/request-limit.ts';
import { serverOptions } from '../../src/http/server-options.ts';
import { makeFirstAccounts, refreshClouds } from '../../src/service/first-start.ts';
import {
  type EmbeddedIdentity,
  type EmbeddedIdentityOptions,
  openIdentity,
} from '../../src/service/identity/open-identity.ts';
import { databaseOf } from './database.ts';
import { noteSecret, noteSecretsIn, noteSecretsOfClouds } from './secrets.ts';
import { watchedLog } from './watched-log.ts';

/** An identity service after its first start, in a folder of its own. */
export interface TestIdentity extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly identity: EmbeddedIdentity;
  readonly folder: string;
  readonly cloudsFile: string;
  /** Opens the service's database once more, as another process or a restart does. */
  open(): Promise<Database>;
  /** Moves the service's clock, ms. */
  pass(time: number): void;
  password(user: string): Promise<string>;
  /** A token of a first user, for the project of the same name. */
  token(user: string): Promise<string>;
  call(request: Call): Promise<Answer>;
  /** Takes requests over the network too, at the address that `clouds.yaml` then names. */
  listen(): Promise<void>;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'HEAD';
  /** Path below `/identity`. */
  readonly path: string;
  readonly token?: string;
  readonly subject?: string;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever document came.
  readonly json: any;
}

export type TestIdentityOptions = Partial<Omit<EmbeddedIdentityOptions, 'database'>> & {
  readonly publicEndpoint?: string;
  readonly region?: string;
};

/** Enough to tell passwords apart; the real cost would make up most of a test's time. */
export const passwordCost = { logN: 4, r: 8, p: 1 };

/** Starts a service by a clock that only the test moves. */
export async function startIdentity(options: TestIdentityOptions = {}): Promise<TestIdentity> {
  let time = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const config = loadConfig({}, undefined);
  const { publicEndpoint, region = config.region, ...rest } = options;
  const folder = await mkdtemp(join(tmpdir(), 'identity-test-'));
  const store = await databaseOf(folder);
  const database = await store.open();
  const identity = await openIdentity({ database, now: () => time, passwordCost, ...rest });
  const cloudsFile = join(folder, 'clouds.yaml');
  const authUrl = 'http://localhost/identity/v3';
  await makeFirstAccounts(identity, { cloudsFile, authUrl, region });
  await noteSecretsOfClouds(cloudsFile);
  const log = watchedLog();
  const app = fastify({
    ...serverOptions(networkOf(config)),
    loggerInstance: log.log as FastifyBaseLogger,
  });
  const delay = { isLate: () => false };
  const requests = requestLimit({ maxRequests: 0, delay, traffic: traffic() });
  await app.register(identityRoutes, {
    prefix: '/identity',
    identity,
    publicEndpoint,
    region,
    requests,
  });

  async function call({ method = 'GET', path, token, subject, body }: Call): Promise<Answer> {
    for (const secret of [token, subject]) noteSecret(secret);
    noteSecretsIn(body);
    const headers: Record<string, string> = {};
    if (token !== undefined) headers['x-auth-token'] = token;
    if (subject !== undefined) headers['x-subject-token'] = subject;
    const request: InjectOptions = { method, url: `/identity${path}`, headers };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      request.payload = typeof body === 'string' ? body : JSON.stringify(body);
    }
    const response = await app.inject(request);
    const text = response.body;
    const json = text.startsWith('{') ? JSON.parse(text) : undefined;
    return { status: response.statusCode, headers: response.headers, text, json };
  }

  async function password(user: string): Promise<string> {
    const clouds = parse(await readFile(cloudsFile, 'utf8'));
    return clouds.clouds[`vitrine-${user}`].auth.password;
  }

  return {
    app,
    identity,
    folder,
    cloudsFile,
    open: () => store.open(),
    call,
    password,
    pass(more) {
      time += more;
    },
    async listen() {
      const url = await app.listen({ host: '127.0.0.1', port: 0 });
      await refreshClouds({ cloudsFile, authUrl: `${url}/identity/v3`, region });
    },
    async token(user) {
      const login = loginBody(user, await password(user), projectScope(user));
      const answer = await call({ method: 'POST', path: '/v3/auth/tokens', body: login });
      return String(answer.headers['x-subject-token']);
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await database.close();
      await store[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
      log.check();
    },
  };
}

/** The body of a login by password. */
export function loginBody(name: string, password: string, scope?: unknown) {
  const user = { name, password, domain: { name: 'Default' } };
  return {
    auth: {
      identity: { methods: ['password'], password: { user } },
      ...(scope !== undefined && { scope }),
    },
  };
}

/** The scope of a project in the default domain, by name. */
export function projectScope(name: string) {
  return { project: { name, domain: { id: 'default' } } };
}
