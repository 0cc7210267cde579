import type { Caller } from '../../src/domain/caller.ts';
import {
  type KeystoneIdentity,
  type KeystoneIdentityOptions,
  keystoneIdentity,
} from '../../src/identity/keystone/keystone-identity.ts';
import { type KeystoneServer, serviceUser, startKeystoneServer } from './keystone-server.ts';

/** A server that speaks as Keystone, and what asks it. */
export interface TestKeystone extends AsyncDisposable {
  readonly server: KeystoneServer;
  readonly identity: KeystoneIdentity;
  /** As the identity does, though never at once. */
  authenticate(token: string, serviceToken?: string): Promise<Caller>;
  /** Moves the clock of both, ms. */
  pass(time: number): void;
  now(): number;
}

/** How the service user logs in by its password. */
export const passwordCredentials = {
  kind: 'password',
  ...serviceUser,
  userDomain: { id: 'default' },
  scope: { kind: 'project', name: 'service', domain: { name: 'Default' } },
} as const;

/** Starts both by a clock that only the test moves. */
export async function startKeystone(
  options: Partial<KeystoneIdentityOptions> = {},
): Promise<TestKeystone> {
  let time = Date.UTC(2026, 0, 2, 3, 4, 5);
  const now = () => time;
  const server = await startKeystoneServer(now);
  const identity = keystoneIdentity({
    url: server.url,
    credentials: passwordCredentials,
    cacheTime: 300_000,
    log: { error() {}, info() {} },
    timeout: 5000,
    now,
    ...options,
  });
  return {
    server,
    identity,
    now,
    authenticate: async (token, serviceToken) => await identity.authenticate(token, serviceToken),
    pass(more) {
      time += more;
    },
    async [Symbol.asyncDispose]() {
      identity[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}
