import type { Directory } from '../directory.ts';
import type { Identity } from '../identity.ts';
import { keystoneClient } from './client.ts';
import { type ConnectionOptions, keystoneConnection } from './connection.ts';
import { keystoneDirectory } from './directory.ts';
import { type ServiceCredentials, serviceLogin } from './service-login.ts';
import { keystoneTokens } from './tokens.ts';

/** A cloud's own identity service. */
export interface KeystoneIdentity extends Identity, Disposable {
  readonly directory: Directory;
  /** Logs the service user in, as the first request would. @throws Error that says what is wrong */
  logIn(): Promise<void>;
}

export interface KeystoneIdentityOptions extends ConnectionOptions {
  readonly credentials: ServiceCredentials;
  /** Milliseconds for which an answer holds at most. */
  readonly cacheTime: number;
  /** Milliseconds that a request waits for Keystone at most. */
  readonly timeout: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Asks the Keystone at `url` who is calling, and for the names of projects and users. */
export function keystoneIdentity(options: KeystoneIdentityOptions): KeystoneIdentity {
  const { credentials, cacheTime, timeout, now } = options;
  const connection = keystoneConnection(options);
  const login = serviceLogin({ connection, credentials, timeout, now });
  const client = keystoneClient({ connection, login, timeout });
  return {
    ...keystoneTokens({ client, cacheTime, now }),
    directory: keystoneDirectory({ client, cacheTime, now }),
    logIn: async () => void (await login.token()),
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}
