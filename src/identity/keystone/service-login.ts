import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { DomainReference } from '../../domain/project.ts';
import { singleFlight } from '../single-flight.ts';
import { documentOf, unexpected } from './answers.ts';
import type { KeystoneConnection } from './connection.ts';
import { KeystoneFailure } from './failure.ts';
import { withRetries } from './retries.ts';

/** How the service itself logs in to Keystone. */
export type ServiceCredentials = PasswordCredentials | ApplicationCredential;

interface PasswordCredentials {
  readonly kind: 'password';
  readonly username: string;
  readonly password: string;
  readonly userDomain: DomainReference;
  readonly scope: ServiceScope;
}

interface ApplicationCredential {
  readonly kind: 'application_credential';
  readonly id: string;
  readonly secret: string;
}

/** Where the service user's roles are. */
export type ServiceScope =
  | { readonly kind: 'project'; readonly name: string; readonly domain: DomainReference }
  | { readonly kind: 'system' };

/** The service's own token. */
export interface ServiceLogin {
  /** A token that was valid a moment ago. @throws KeystoneFailure */
  token(): Promise<string>;
  /** Keystone no longer takes `token`: the next one is new. */
  discard(token: string): void;
}

export interface ServiceLoginOptions {
  readonly connection: KeystoneConnection;
  readonly credentials: ServiceCredentials;
  /** Milliseconds that a login may take at most. */
  readonly timeout: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A token that ends within this time is renewed before it is used; ms. */
const renewal = 30_000;

/** How long a refusal holds, ms: a wrong password, tried on each request, would lock the account. */
const refusalTime = 5_000;

/** Logs in when a token is wanted, once for all who want one. */
export function serviceLogin(options: ServiceLoginOptions): ServiceLogin {
  const { now, timeout } = options;
  const flights = singleFlight<string>();
  let current: ServiceToken | undefined;
  let refusal: { readonly failure: KeystoneFailure; readonly until: number } | undefined;

  async function logIn(): Promise<string> {
    const signal = AbortSignal.timeout(timeout);
    try {
      current = await withRetries(() => askForToken(options, signal), signal);
      return current.token;
    } catch (cause) {
      // Whoever waits for the token need not try again what was tried here.
      const failure = new KeystoneFailure(`The service user cannot log in: ${reasonOf(cause)}`, {
        isPassing: false,
        cause,
      });
      const isRefusal = cause instanceof KeystoneFailure && !cause.isPassing;
      if (isRefusal) refusal = { failure, until: now() + refusalTime };
      throw failure;
    }
  }

  return {
    async token() {
      if (current && current.expiresAt - renewal > now()) return current.token;
      if (refusal && refusal.until > now()) throw refusal.failure;
      return await flights.run('login', logIn);
    },
    discard(token) {
      // Many may be told at once; only the first of them means the token of now.
      if (current?.token === token) current = undefined;
    },
  };
}

function reasonOf(cause: unknown): string {
  return cause instanceof KeystoneFailure ? cause.message : 'Keystone did not answer in time.';
}

interface ServiceToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

async function askForToken(
  { connection, credentials }: ServiceLoginOptions,
  signal: AbortSignal,
): Promise<ServiceToken> {
  const answer = await connection.send({
    method: 'POST',
    path: '/auth/tokens?nocatalog',
    headers: {},
    body: loginBody(credentials),
    signal,
  });
  const token = answer.subjectToken;
  if (answer.status !== 201) throw unexpected(answer);
  if (token === undefined) {
    throw new KeystoneFailure('Keystone gave the service user no token.', { isPassing: true });
  }
  return { token, expiresAt: documentOf(answer, parseEnd) };
}

/** When the token of a login ends, milliseconds since the epoch. @throws Error when it is something else */
function parseEnd(json: unknown): number {
  const end = Date.parse(Login.Parse(json).token.expires_at);
  if (Number.isNaN(end)) throw new TypeError('expires_at is no time.');
  return end;
}

const Login = Compile(Type.Object({ token: Type.Object({ expires_at: Type.String() }) }));

/** @see Identity API v3, "Password authentication" and "Authenticating with an Application Credential" */
function loginBody(credentials: ServiceCredentials) {
  if (credentials.kind === 'application_credential') {
    const { id, secret } = credentials;
    const methods = ['application_credential'];
    return { auth: { identity: { methods, application_credential: { id, secret } } } };
  }
  const { username, password, userDomain, scope } = credentials;
  const user = { name: username, password, domain: userDomain };
  return {
    auth: {
      identity: { methods: ['password'], password: { user } },
      scope:
        scope.kind === 'system'
          ? { system: { all: true } }
          : { project: { name: scope.name, domain: scope.domain } },
    },
  };
}
