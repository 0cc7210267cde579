import type { Hashers } from '../hashing.ts';
import { objectNames } from '../object/object-names.ts';
import { objectStore } from '../object/object-store.ts';
import type { Store } from '../store.ts';
import { swiftConnection } from './connection.ts';
import { type SwiftCredentials, swiftLogin } from './login.ts';
import { swiftClient } from './swift-client.ts';
import { swiftServer } from './swift-server.ts';

export interface SwiftOptions {
  readonly id: string;
  /** `http` or `https`, without a slash at its end. */
  readonly authUrl: string;
  readonly credentials: SwiftCredentials;
  /** Where the account's containers are; undefined for where the login says. */
  readonly storageUrl: string | undefined;
  readonly container: string;
  /** Whether a container that is missing at the start is made. */
  readonly createsContainer: boolean;
  /** Bytes. */
  readonly partSize: number;
  /** Milliseconds for which the server may be silent. */
  readonly timeout: number;
  /** Certificates in PEM to trust instead of the usual authorities. */
  readonly ca: string | undefined;
  readonly hashers: Hashers;
}

/** Keeps each image in one object, `<image id>`; the parts of large ones beside them. */
export function swiftStore(options: SwiftOptions): Store {
  const { authUrl, container } = options;
  const connection = swiftConnection(options);
  const login = swiftLogin({ ...options, connection, now: Date.now });
  const client = swiftClient({ connection, login, container });
  return objectStore({
    ...options,
    server: swiftServer({ ...options, client }),
    names: objectNames({ kind: 'swift', server: authUrl, folder: `${container}/` }),
  });
}
