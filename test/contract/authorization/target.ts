import diagnostics from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { loadConfig } from '../../../src/config.ts';
import { insertDomain } from '../../../src/database/projects.ts';
import { startService } from '../../../src/server.ts';
import { cloudAuth, logIn } from '../../support/clouds.ts';
import { databaseOf } from '../../support/database.ts';
import { passwordCost } from '../../support/identity.ts';
import { noteSecretsOfClouds } from '../../support/secrets.ts';
import { type Send, sender } from '../../support/service.ts';
import { watchedLog } from '../../support/watched-log.ts';
import { makePeople, type People } from './people.ts';

/** A service to be called by everybody. */
export interface Target extends AsyncDisposable {
  readonly people: People;
  readonly send: Send;
  /** What the service routes; undefined when it is no Vitrine of this process. */
  readonly routes: Routes | undefined;
}

/** The routes of a service, and which of them have answered to a cell of a table. */
export interface Routes {
  /** Method and path as the service has it; `ANY` and `OTHER` stand for all methods and all that are left. */
  readonly registered: ReadonlySet<string>;
  readonly called: ReadonlySet<string>;
  /** A method for each path that takes some methods, which it does not take. */
  readonly refused: readonly (readonly [method: string, path: string])[];
}

/** Marks the requests of cells, as opposed to those that prepare them. */
export const cellHeader = 'x-matrix-cell';

/** The real service, in this process, with an empty data folder. */
export async function ownTarget(): Promise<Target> {
  await using parts = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  parts.defer(() => rm(folder, { recursive: true }));
  const store = parts.use(await databaseOf(folder));
  const environment = {
    VITRINE_PORT: '0',
    VITRINE_DATA_DIR: folder,
    VITRINE_DELAYED_DELETE: 'true',
  };
  const config = { ...loadConfig(environment, undefined), ...store.config };
  using watched = watchRoutes();
  const log = watchedLog();
  const service = await startService(config, log.log, {
    passwordCost,
    // Nobody has built one.
    consoleFolder: join(folder, 'no-console'),
  });
  parts.defer(async () => {
    await service.stop();
    log.check();
  });
  await noteSecretsOfClouds(join(folder, 'clouds.yaml'));
  const agent = new Agent({ keepAlive: true });
  parts.defer(() => agent.destroy());
  const clouds = await cloudAuth(join(folder, 'clouds.yaml'), 'vitrine-admin');
  const send = sender(service.url, agent);
  const people = await makePeople({
    send,
    password: clouds.password,
    root: '/identity/v3',
    // The embedded identity service keeps several domains, though no call of it makes one.
    async makeDomain() {
      await using database = await store.open();
      const domain = { id: 'abroad', name: 'Abroad', description: '', enabled: true };
      await database.transaction((db) => insertDomain(db, domain));
      return domain.id;
    },
  });
  const owned = parts.move();
  const { routes } = watched;
  return { people, send, routes, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Any service beside a Keystone, as the cloud `vitrine-admin` of a `clouds.yaml` says. */
export async function cloudTarget(cloudsFile: string): Promise<Target> {
  const auth = await cloudAuth(cloudsFile, 'vitrine-admin');
  const agent = new Agent({ keepAlive: true });
  const { imageEndpoint } = await logIn(auth);
  const identity = new URL(auth.auth_url);
  const people = await makePeople({
    send: sender(identity.origin, agent),
    password: auth.password,
    root: identity.pathname.replace(/\/+$/, ''),
    makeDomain: async (manage) =>
      (await manage('POST', '/domains', { domain: { name: 'Abroad' } })).json.domain.id,
  });
  return {
    people,
    send: sender(imageEndpoint, agent),
    routes: undefined,
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}

/** Notes the routes of the next service that is made, and those of them that answer to cells. */
function watchRoutes(): Disposable & { readonly routes: Routes } {
  const registered = new Set<string>();
  const called = new Set<string>();
  const refused: [string, string][] = [];
  const watch = (message: unknown) => {
    const { fastify: app } = message as { readonly fastify: FastifyInstance };
    const nameOf = (url: string, methods: readonly string[], method: string) =>
      `${groupOf(methods, app.supportedMethods.length) ?? method} ${url}`;
    app.addHook('onRoute', ({ url, method }) => {
      const methods = [method].flat();
      for (const one of methods) registered.add(nameOf(url, methods, one));
      if (groupOf(methods, app.supportedMethods.length) === 'OTHER') {
        const refusing = ['GET', 'PUT', 'PATCH', 'HEAD'].find((one) => methods.includes(one));
        refused.push([refusing ?? '', url]);
      }
    });
    app.addHook('onRequest', async ({ headers, routeOptions: { url, method }, method: by }) => {
      if (headers[cellHeader] === undefined || url === undefined) return;
      called.add(nameOf(url, [method].flat() as readonly string[], by));
    });
  };
  diagnostics.subscribe('fastify.initialization', watch);
  return {
    routes: { registered, called, refused },
    [Symbol.dispose]: () => void diagnostics.unsubscribe('fastify.initialization', watch),
  };
}

/** Routes for a method that the API has not are those that take all, or refuse what is left. */
function groupOf(methods: readonly string[], all: number): 'ANY' | 'OTHER' | undefined {
  if (methods.length === all) return 'ANY';
  return methods.includes('TRACE') ? 'OTHER' : undefined;
}
