import { DomainError } from '../../domain/errors.ts';
import { loginAttempts } from '../login-attempts.ts';
import type { KeystoneAnswer, KeystoneConnection } from './connection.ts';

/** A login as it is passed on: its body, and who it says that it is. */
export interface PassedLogin {
  readonly body: unknown;
  /** The user's name or id as it was typed; undefined for who goes on from a token. */
  readonly user: string | undefined;
  /** The network address that asks. */
  readonly address: string;
}

/**
 * The few calls of Keystone that the web console needs, passed on for browsers: most clouds let no page of another
 * origin call their Keystone. What comes goes on as it is, and is kept nowhere.
 *
 * Each throws DomainError `IdentityUnavailable` when there is no answer.
 */
export interface KeystoneSignIn {
  /**
   * @throws DomainError `TooManyRequests` (RetryLaterError) after too many wrong passwords: Keystone itself sees but one
   *   address for all who come this way
   */
  logIn(login: PassedLogin): Promise<KeystoneAnswer>;
  /** Where the user of a token may go. */
  listProjects(token: string): Promise<KeystoneAnswer>;
  /** Ends a token. */
  revoke(token: string): Promise<KeystoneAnswer>;
}

export interface KeystoneSignInOptions {
  readonly connection: KeystoneConnection;
  /** Milliseconds that a call waits at most. */
  readonly timeout: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Passes calls on to Keystone, at no more than the pace at which passwords may be guessed. */
export function keystoneSignIn(options: KeystoneSignInOptions): KeystoneSignIn {
  const { connection, timeout, now } = options;
  const attempts = loginAttempts(now);

  async function send(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    { headers = {}, body }: { headers?: Readonly<Record<string, string>>; body?: unknown },
  ): Promise<KeystoneAnswer> {
    try {
      const signal = AbortSignal.timeout(timeout);
      return await connection.send({
        method,
        path,
        headers,
        signal,
        ...(body !== undefined && { body }),
      });
    } catch (cause) {
      const message = 'The identity service of the cloud does not answer.';
      throw new DomainError('IdentityUnavailable', message, { cause });
    }
  }

  return {
    async logIn({ body, user, address }) {
      const attempt = user === undefined ? undefined : { user, address };
      if (attempt) attempts.check(attempt);
      const answer = await send('POST', '/auth/tokens', { body });
      if (attempt && answer.status === 401) attempts.failed(attempt);
      if (attempt && answer.status === 201) attempts.succeeded(attempt);
      return answer;
    },
    listProjects: (token) => send('GET', '/auth/projects', { headers: { 'x-auth-token': token } }),
    revoke: (token) =>
      send('DELETE', '/auth/tokens', {
        headers: { 'x-auth-token': token, 'x-subject-token': token },
      }),
  };
}
