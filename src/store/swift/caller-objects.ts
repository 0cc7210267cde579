import type { Readable } from 'node:stream';
import type { Hashers } from '../hashing.ts';
import { putObject } from '../object/object-put.ts';
import { objectReader } from '../object/object-reader.ts';
import { partMemories } from '../object/part-memory.ts';
import { withRetries } from '../object/retries.ts';
import { sharedFetches } from '../object/shared-fetches.ts';
import { turnsByName } from '../object/turns.ts';
import type { Received } from '../receive.ts';
import type { PutOptions, StoredReader } from '../store.ts';
import { swiftConnection } from './connection.ts';
import { swiftClient } from './swift-client.ts';
import { swiftServer } from './swift-server.ts';

export interface CallerObjectsOptions {
  /** Where the caller's containers are, without a slash at its end. */
  readonly storageUrl: string;
  /** The caller's own. */
  readonly token: string;
  readonly container: string;
  /** Certificates in PEM to trust instead of the usual authorities. */
  readonly ca: string | undefined;
  readonly hashers: Hashers;
}

/** What is put into a container of a caller. */
export interface ObjectPutOptions extends PutOptions {
  /** Judges what was sent before there is an object of it: what it throws ends the put. */
  readonly accept: (received: Received) => void;
}

/** One container of a caller, with no more rights than the caller has. */
export interface CallerObjects extends AsyncDisposable {
  /** Whether the container is there. @throws StoreError */
  hasContainer(): Promise<boolean>;
  /** Whether there is an object of that name. @throws StoreError */
  has(name: string): Promise<boolean>;
  /** Undefined when there is no such object. @throws StoreError */
  open(name: string): Promise<StoredReader | undefined>;
  /** Makes an object, of parts below `segments/` where it is large. Errors are those of `Store.put`. */
  put(name: string, data: Readable, options: ObjectPutOptions): Promise<void>;
}

/** ms for which the server may be silent. */
const timeout = 60_000;

/** Bytes. */
const partSize = 32 * 1024 * 1024;

/** The token goes to `storageUrl` and nowhere else: no redirect is followed. */
export function callerObjects(options: CallerObjectsOptions): CallerObjects {
  const { storageUrl, token, container, hashers } = options;
  const connection = swiftConnection({ ...options, timeout });
  const session = { token, storageUrl };
  // Nobody but the caller can log in again.
  const login = { session: async () => session, discard: () => undefined };
  const client = swiftClient({ connection, login, container });
  const server = swiftServer({ client, createsContainer: false });
  const fetches = sharedFetches({ server, timeout });

  return {
    async hasContainer() {
      const request = { what: 'look for the container', method: 'HEAD', path: '' } as const;
      const { status } = await withRetries(() =>
        client.ask({ ...request, expected: [200, 204, 404] }),
      );
      return status !== 404;
    },

    async has(name) {
      return (await withRetries(() => server.head(escaped(name)))) !== undefined;
    },

    async open(name) {
      const imageId = escaped(name);
      const head = await withRetries(() => server.head(imageId));
      return head && objectReader(fetches, { imageId, head });
    },

    async put(name, data, { accept, ...putOptions }) {
      const newMemory = partMemories(partSize);
      const context = { server, hashers, newMemory, partSize, accept, inTurn: turnsByName() };
      await putObject(context, escaped(name), data, putOptions);
    },

    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Slashes are part of a name like anything else, and Swift reads them unescaped. */
function escaped(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}
