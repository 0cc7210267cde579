import type { IncomingMessage } from 'node:http';
import { ObjectServerFailure } from '../object/failure.ts';
import { type SwiftConnection, textOf } from './connection.ts';

/** How the service logs in. */
export type SwiftCredentials = TempAuthCredentials | KeystoneCredentials;

/** The first protocol, which tempauth speaks. */
interface TempAuthCredentials {
  readonly version: '1';
  /** For tempauth `account:user`. */
  readonly user: string;
  readonly key: string;
}

/** Keystone's Identity API v3. */
interface KeystoneCredentials {
  readonly version: '3';
  readonly user: string;
  readonly key: string;
  readonly userDomain: string;
  readonly project: string;
  readonly projectDomain: string;
  /** Undefined for the only one, or any. */
  readonly region: string | undefined;
  /** Which of the catalog's addresses. */
  readonly endpointType: 'public' | 'internal' | 'admin';
}

/** What a login gives. */
export interface SwiftSession {
  readonly token: string;
  /** Where the account's containers are, without a slash at its end. */
  readonly storageUrl: string;
}

export interface SwiftLogin {
  /** A session that was valid a moment ago. @throws ObjectServerFailure */
  session(): Promise<SwiftSession>;
  /** The server no longer takes the session: the next one is new. */
  discard(session: SwiftSession): void;
}

export interface SwiftLoginOptions {
  readonly connection: SwiftConnection;
  /** Without a slash at its end. */
  readonly authUrl: string;
  readonly credentials: SwiftCredentials;
  /** Where the account's containers are, whatever the login says. */
  readonly storageUrl: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface TimedSession extends SwiftSession {
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A session that ends within this time is renewed before it is used; ms. */
const renewal = 60_000;

/** How long a refusal holds, ms: a wrong password, tried on each request, would lock the account. */
const refusalTime = 5000;

/** Logs in when a session is wanted, once for all who want one. */
export function swiftLogin(options: SwiftLoginOptions): SwiftLogin {
  const { now } = options;
  let current: TimedSession | undefined;
  let underWay: Promise<TimedSession> | undefined;
  let refusal: { readonly failure: unknown; readonly until: number } | undefined;

  async function logIn(): Promise<TimedSession> {
    try {
      current = await newSession(options);
      return current;
    } catch (failure) {
      if (failure instanceof LoginRefused) refusal = { failure, until: now() + refusalTime };
      throw failure;
    }
  }

  return {
    async session() {
      if (current && current.expiresAt - renewal > now()) return current;
      if (refusal && refusal.until > now()) throw refusal.failure;
      underWay ??= logIn().finally(() => {
        underWay = undefined;
      });
      return await underWay;
    },

    discard(session) {
      // Many may be told at once; only the first of them means the session of now.
      if (current === session) current = undefined;
    },
  };
}

const what = 'log in to Swift';

async function newSession(options: SwiftLoginOptions): Promise<TimedSession> {
  const { credentials, storageUrl } = options;
  const given =
    credentials.version === '1'
      ? await tempAuthSession(options, credentials)
      : await keystoneSession(options, credentials);
  const url = storageUrl ?? given.storageUrl;
  if (url === undefined) {
    throw failed('the catalog names no object store of the region. Set swift_store_endpoint.');
  }
  return { ...given, storageUrl: url.replace(/\/+$/, '') };
}

type GivenSession = Omit<TimedSession, 'storageUrl'> & {
  readonly storageUrl: string | undefined;
};

async function tempAuthSession(
  { connection, authUrl, now }: SwiftLoginOptions,
  { user, key }: TempAuthCredentials,
): Promise<GivenSession> {
  const headers = { 'x-auth-user': user, 'x-auth-key': key };
  const answer = await connection.send({ what, method: 'GET', url: authUrl, headers });
  await textOf(answer, what);
  const token = answer.headers['x-auth-token'];
  const storageUrl = answer.headers['x-storage-url'];
  if (typeof token !== 'string') throw refusedLogin(answer);
  const life = Number(answer.headers['x-auth-token-expires'] ?? 600);
  return {
    token,
    storageUrl: typeof storageUrl === 'string' ? storageUrl : undefined,
    expiresAt: now() + life * 1000,
  };
}

async function keystoneSession(
  { connection, authUrl }: SwiftLoginOptions,
  credentials: KeystoneCredentials,
): Promise<GivenSession> {
  const answer = await connection.send({
    what,
    method: 'POST',
    url: `${authUrl.replace(/\/v3$/, '')}/v3/auth/tokens`,
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(loginBody(credentials)),
  });
  const text = await textOf(answer, what);
  const token = answer.headers['x-subject-token'];
  if (answer.statusCode !== 201 || typeof token !== 'string') throw refusedLogin(answer);
  const { expires_at: expiresAt, catalog = [] } = tokenOf(text);
  return {
    token,
    storageUrl: endpointOf(catalog, credentials),
    expiresAt: Date.parse(expiresAt ?? '') || 0,
  };
}

/** @see Identity API v3, "Password authentication with scoped authorization" */
function loginBody({ user, key, userDomain, project, projectDomain }: KeystoneCredentials) {
  return {
    auth: {
      identity: {
        methods: ['password'],
        password: { user: { name: user, password: key, domain: { name: userDomain } } },
      },
      scope: { project: { name: project, domain: { name: projectDomain } } },
    },
  };
}

interface TokenDocument {
  readonly expires_at?: string;
  readonly catalog?: readonly CatalogService[];
}

interface CatalogService {
  readonly type?: string;
  readonly endpoints?: readonly {
    readonly interface?: string;
    readonly region?: string;
    readonly url?: string;
  }[];
}

function tokenOf(text: string): TokenDocument {
  try {
    return Object(JSON.parse(text)).token ?? {};
  } catch {
    throw failed('the answer is no JSON.');
  }
}

function endpointOf(
  catalog: readonly CatalogService[],
  { region, endpointType }: KeystoneCredentials,
): string | undefined {
  const endpoints = catalog
    .filter(({ type }) => type === 'object-store')
    .flatMap((service) => service.endpoints ?? []);
  return endpoints.find(
    (endpoint) =>
      endpoint.interface === endpointType && (region === undefined || endpoint.region === region),
  )?.url;
}

class LoginRefused extends ObjectServerFailure {}

function refusedLogin({ statusCode = 0 }: IncomingMessage): ObjectServerFailure {
  const text = `the server answers ${statusCode}.`;
  if (statusCode !== 401 && statusCode !== 403) {
    return failed(text, statusCode >= 500 || statusCode === 429);
  }
  const hint = 'Check swift_store_user and swift_store_key.';
  return new LoginRefused('Unavailable', `Could not ${what}: ${text} ${hint}`);
}

function failed(reason: string, isPassing = false): ObjectServerFailure {
  return new ObjectServerFailure('Unavailable', `Could not ${what}: ${reason}`, { isPassing });
}
