import type { Directory } from '../directory.ts';
import type { Identity } from '../identity.ts';
import { keystoneClient } from './client.ts';
import { type ConnectionOptions, keystoneConnection } from './connection.ts';
import { keystoneDirectory } from './directory.ts';
import { type OutageLog, outageOf, watchedClient } from './outage.ts';
import { type ServiceCredentials, serviceLogin } from './service-login.ts';
import { type KeystoneSignIn, keystoneSignIn } from './sign-in.ts';
import { keystoneTokens } from './tokens.ts';

/** A cloud's own identity service. */
export interface KeystoneIdentity extends Identity, Disposable {
  readonly directory: Directory;
  /** Signs people in there who come by a browser. */
  readonly signIn: KeystoneSignIn;
  /** Logs the service user in, as the first request would; the log says so when that fails. */
  logIn(): Promise<void>;
}

export interface KeystoneIdentityOptions extends ConnectionOptions {
  readonly credentials: ServiceCredentials;
  /** Milliseconds for which an answer holds at most. */
  readonly cacheTime: number;
  /** Milliseconds that a request waits for Keystone at most. */
  readonly timeout: number;
  /** Told when Keystone is away and when it is back. */
  readonly log: OutageLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Asks the Keystone at `url` who is calling, and for the names of projects and users. */
export function keystoneIdentity(options: KeystoneIdentityOptions): KeystoneIdentity {
  const { credentials, cacheTime, timeout, log, now } = options;
  const connection = keystoneConnection(options);
  const login = serviceLogin({ connection, credentials, timeout, now });
  const client = keystoneClient({ connection, login, timeout });
  // A service user may well be allowed to validate tokens but not to read names.
  const callers = outageOf({ what: 'whose token it is', log, now });
  const names = outageOf({ what: 'the names of projects and users', log, now });
  return {
    ...keystoneTokens({ client: watchedClient(client, callers), cacheTime, now }),
    directory: keystoneDirectory({ client: watchedClient(client, names), cacheTime, now }),
    signIn: keystoneSignIn({ connection, timeout, now }),
    async logIn() {
      try {
        await login.token();
      } catch (error) {
        callers.failed(error);
      }
    },
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}
