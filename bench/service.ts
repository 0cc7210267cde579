import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Child, startChild } from './child.ts';

/** An Images API, with the two projects that share. */
export interface Endpoint {
  /** The service's root without a trailing slash. */
  readonly url: string;
  readonly producer: Session;
  readonly consumer: Session;
}

/** A running service of its own. */
export interface Service extends Endpoint {
  readonly child: Child;
}

/** A token and the project it is scoped to. */
export interface Session {
  readonly token: string;
  readonly projectId: string;
}

/** Starts the service on an empty folder. The time it took to say that it is ready is in milliseconds. */
export async function startService(
  server: string,
  dataDirectory: string,
  databaseUrl?: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<{ readonly child: Child; readonly url: string; readonly milliseconds: number }> {
  const begin = performance.now();
  const child = await startChild(
    [process.execPath, server],
    { env: { ...process.env, ...environmentOf(dataDirectory, databaseUrl), ...settings } },
    (line) => /vitrine ready on (http:\/\/\S+)/.exec(line)?.[1],
  );
  return { child, url: child.value, milliseconds: performance.now() - begin };
}

function environmentOf(dataDirectory: string, databaseUrl: string | undefined) {
  return {
    VITRINE_PORT: '0',
    VITRINE_DATA_DIR: dataDirectory,
    ...(databaseUrl !== undefined && { VITRINE_DATABASE_URL: databaseUrl }),
  };
}

/** Signs in as the two projects of the `clouds.yaml` that a fresh service writes. */
export async function signIn(child: Child, url: string, dataDirectory: string): Promise<Service> {
  return { child, ...(await endpointOf(url, join(dataDirectory, 'clouds.yaml'))) };
}

/** Signs in as the clouds `vitrine-producer` and `vitrine-consumer` of that file. */
export async function endpointOf(url: string, cloudsFile: string): Promise<Endpoint> {
  const clouds = await readClouds(cloudsFile);
  const producer = await tokenOf(clouds, 'vitrine-producer');
  const consumer = await tokenOf(clouds, 'vitrine-consumer');
  return { url: url.replace(/\/+$/, ''), producer, consumer };
}

/** Signs in as the producer, for another project. */
export async function signInTo(project: string, dataDirectory: string): Promise<Session> {
  const clouds = await readClouds(join(dataDirectory, 'clouds.yaml'));
  return tokenOf(clouds, 'vitrine-producer', project);
}

interface Cloud {
  readonly auth: Readonly<Record<string, string>>;
}

async function readClouds(path: string): Promise<Readonly<Record<string, Cloud>>> {
  const document = parse(await readFile(path, 'utf8')) as { clouds: Record<string, Cloud> };
  return document.clouds;
}

async function tokenOf(
  clouds: Readonly<Record<string, Cloud>>,
  name: string,
  project?: string,
): Promise<Session> {
  const auth = clouds[name]?.auth;
  if (!auth) throw new Error(`clouds.yaml names no cloud ${name}.`);
  const response = await fetch(`${auth['auth_url']?.replace(/\/+$/, '')}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['password'],
          password: {
            user: {
              name: auth['username'],
              password: auth['password'],
              domain: { name: auth['user_domain_name'] ?? 'Default' },
            },
          },
        },
        scope: {
          project: {
            name: project ?? auth['project_name'],
            domain: { name: auth['project_domain_name'] ?? 'Default' },
          },
        },
      },
    }),
  });
  if (response.status !== 201) throw new Error(`Signing in as ${name}: ${response.status}.`);
  const body = (await response.json()) as { token: { project: { id: string } } };
  const token = response.headers.get('x-subject-token');
  if (token === null) throw new Error('An answer without X-Subject-Token.');
  return { token, projectId: body.token.project.id };
}
