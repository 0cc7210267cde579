import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hashers } from '../../src/store/hashing.ts';
import { type S3Options, s3Store } from '../../src/store/s3/s3-store.ts';
import type { Store } from '../../src/store/store.ts';
import { type SwiftOptions, swiftStore } from '../../src/store/swift/swift-store.ts';
import type { StoreUnderTest } from '../contract/store.contract.ts';

/** A Swift as Debian packages it, which speaks S3 too. */
export interface RealSwift {
  readonly port: number;
  /** The secret of `test:tester`, and of the account `other:stranger`. */
  readonly key: string;
  /** Ends every token that it has given. */
  forgetTokens(): Promise<void>;
  /** Names in the container `container` that are objects of their own or belong to none. */
  remains(container: string): Promise<readonly string[]>;
}

const run = promisify(execFile);
const script = fileURLToPath(new URL('./reference-swift.sh', import.meta.url));

export async function startRealSwift(folder: string): Promise<void> {
  await run('bash', [script, 'start', folder]);
}

/** Puts a Keystone at the front of a second proxy. */
export async function addRealKeystone(folder: string): Promise<void> {
  await run('bash', [script, 'keystone', folder]);
}

export async function stopRealSwift(folder: string): Promise<void> {
  await run('bash', [script, 'stop', folder]);
}

/** The folder of the one that the run has started. */
export function givenFolder(): string {
  const folder = process.env['VITRINE_TEST_SWIFT'];
  assert(folder, 'These tests are run by npm run test:stores.');
  return folder;
}

/** The one that the run has started. */
export async function givenSwift(): Promise<RealSwift> {
  const folder = givenFolder();
  const read = async (name: string) => (await readFile(join(folder, 'swift', name), 'utf8')).trim();
  const port = Number(await read('port'));
  const key = await read('key');
  const memcached = Number(await read('memcached-port'));
  const ask = accountOf(`http://127.0.0.1:${port}/auth/v1.0`, key);

  async function names(container: string): Promise<readonly string[]> {
    const listed = await ask('GET', `/${encodeURIComponent(container)}?format=json`);
    if (listed.status === 404) return [];
    const entries = (await listed.json()) as readonly { readonly name: string }[];
    return entries.map(({ name }) => `${container}/${name}`);
  }

  /** What a manifest lists, and what the manifests that it lists do. */
  async function listedBy(name: string): Promise<readonly string[]> {
    const escaped = name.split('/').map(encodeURIComponent).join('/');
    const answer = await ask('GET', `/${escaped}?multipart-manifest=get&format=json`);
    if (answer.headers.get('x-static-large-object') === null) {
      await answer.body?.cancel();
      return [];
    }
    const entries = (await answer.json()) as readonly { name: string; sub_slo?: boolean }[];
    const listed = entries.map((entry) => entry.name.slice(1));
    const lists = entries.filter((entry) => entry.sub_slo).map((entry) => entry.name.slice(1));
    return [...listed, ...(await Promise.all(lists.map(listedBy))).flat()];
  }

  return {
    port,
    key,

    async forgetTokens() {
      const socket = connect(memcached, '127.0.0.1');
      socket.end('flush_all\r\n');
      assert.equal(await text(socket), 'OK\r\n');
    },

    async remains(container) {
      const own = await names(container);
      // Where Swift's S3 keeps the parts.
      const all = [...own, ...(await names(`${container}+segments`))];
      const heads = own.filter((name) => !/\/(segments|unfinished)\//.test(name));
      const listed = (await Promise.all(heads.map(listedBy))).flat();
      return all.filter((name) => !listed.includes(name));
    },
  };
}

/** A Swift with much to do refuses some of it, and is asked again, as its clients do. */
const mostTries = 8;

/** Sends requests to the account, beside the store. */
function accountOf(authUrl: string, key: string) {
  return async (method: string, path: string): Promise<Response> => {
    const login = await fetch(authUrl, {
      headers: { 'x-auth-user': 'test:tester', 'x-auth-key': key },
    });
    assert.equal(login.status, 200);
    const token = login.headers.get('x-auth-token') ?? '';
    const url = `${login.headers.get('x-storage-url')}${path}`;
    for (let tries = 1; ; tries += 1) {
      const answer = await fetch(url, { method, headers: { 'x-auth-token': token } });
      if (answer.status !== 503 || tries === mostTries) return answer;
      await answer.body?.cancel();
      await pause(100 * tries);
    }
  };
}

const MiB = 1024 * 1024;
export const sharedHashers = hashers({ pairs: 1 });

export interface RemoteStoreUnderTest extends StoreUnderTest {
  readonly place: string;
}

/** What differs from a store that works. */
export interface RemoteGiven {
  /** Where the server is reached, when not directly. */
  readonly port?: number;
  readonly key?: string;
  readonly place?: string;
  readonly timeout?: number;
  readonly creates?: boolean;
  /** Whether the server is reached by TLS, and by whose certificate. */
  readonly secure?: { readonly ca: string | undefined };
}

/** One protocol: how its store is made, and what is special about it. */
export interface Protocol {
  readonly name: string;
  /** Bytes of its smallest part. */
  readonly partSize: number;
  /** A request line that makes an object visible, of one part and of several. */
  readonly publications: { readonly whole: RegExp; readonly parted: RegExp };
  readonly part: RegExp;
  open(swift: RealSwift, given?: RemoteGiven): Store;
}

export function s3Options(swift: RealSwift, given: RemoteGiven = {}): S3Options {
  return {
    id: 's3',
    endpoint: addressOf(swift, given),
    region: 'us-east-1',
    credentials: { accessKeyId: 'test:tester', secretAccessKey: given.key ?? swift.key },
    pathStyle: true,
    bucket: given.place ?? newPlace(),
    prefix: 'images/',
    createsBucket: given.creates ?? true,
    partSize: 5 * MiB,
    timeout: given.timeout ?? 30_000,
    ca: given.secure?.ca,
    hashers: sharedHashers,
  };
}

export function swiftOptions(swift: RealSwift, given: RemoteGiven = {}): SwiftOptions {
  return {
    id: 'swift',
    authUrl: `${addressOf(swift, given)}/auth/v1.0`,
    credentials: { version: '1', user: 'test:tester', key: given.key ?? swift.key },
    // Swift does not know of the TLS before it.
    storageUrl: given.secure && `${addressOf(swift, given)}/v1/AUTH_test`,
    container: given.place ?? newPlace(),
    createsContainer: given.creates ?? true,
    partSize: MiB,
    timeout: given.timeout ?? 30_000,
    ca: given.secure?.ca,
    hashers: sharedHashers,
  };
}

function addressOf(swift: RealSwift, { port = swift.port, secure }: RemoteGiven): string {
  return `${secure ? 'https' : 'http'}://127.0.0.1:${port}`;
}

/** A name that nothing has yet. */
export function newPlace(): string {
  return `test-${randomUUID()}`;
}

export const protocols: readonly Protocol[] = [
  {
    name: 'S3 store',
    partSize: 5 * MiB,
    publications: { whole: /^PUT \/\S+\/images\/[0-9a-f-]{36}[? ]/, parted: /^POST \S+uploadId=/ },
    part: /^PUT \S+partNumber=2/,
    open: (swift, given) => s3Store(s3Options(swift, given)),
  },
  {
    name: 'Swift store',
    partSize: MiB,
    publications: {
      whole: /^PUT \/v1\/AUTH_test\/[^/]+\/[0-9a-f-]{36} /,
      parted: /^PUT \/v1\/AUTH_test\/[^/]+\/[0-9a-f-]{36}\?multipart-manifest=put/,
    },
    part: /^PUT \S+\/segments\/\S+\/00000002 /,
    open: (swift, given) => swiftStore(swiftOptions(swift, given)),
  },
];

/** A store on a place of its own, which the store has made. */
export async function emptyRemoteStore(
  protocol: Protocol,
  swift: RealSwift,
  given: RemoteGiven = {},
): Promise<RemoteStoreUnderTest> {
  const place = given.place ?? newPlace();
  const maker = protocol.open(swift, { place });
  await maker.check();
  await maker[Symbol.asyncDispose]();
  const store = protocol.open(swift, { ...given, place });
  return {
    store,
    place,
    remains: () => swift.remains(place),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** The settings of a service that keeps its images there, as environment variables. */
export const storeEnvironments: Readonly<
  Record<string, (swift: RealSwift, given?: RemoteGiven) => Readonly<Record<string, string>>>
> = {
  s3: (swift, given) => {
    const { endpoint = '', region = '', bucket, prefix } = s3Options(swift, given);
    return {
      VITRINE_STORE: 's3',
      VITRINE_S3_STORE_HOST: endpoint,
      VITRINE_S3_STORE_REGION_NAME: region,
      VITRINE_S3_STORE_BUCKET: bucket,
      VITRINE_S3_STORE_PREFIX: prefix,
      VITRINE_S3_STORE_ACCESS_KEY: 'test:tester',
      VITRINE_S3_STORE_SECRET_KEY: given?.key ?? swift.key,
      VITRINE_S3_STORE_CREATE_BUCKET_ON_PUT: 'true',
      VITRINE_S3_STORE_LARGE_OBJECT_CHUNK_SIZE: '5',
    };
  },
  swift: (swift, given) => {
    const { authUrl, container } = swiftOptions(swift, given);
    return {
      VITRINE_STORE: 'swift',
      VITRINE_SWIFT_STORE_AUTH_ADDRESS: authUrl,
      VITRINE_SWIFT_STORE_AUTH_VERSION: '1',
      VITRINE_SWIFT_STORE_USER: 'test:tester',
      VITRINE_SWIFT_STORE_KEY: given?.key ?? swift.key,
      VITRINE_SWIFT_STORE_CONTAINER: container,
      VITRINE_SWIFT_STORE_CREATE_CONTAINER_ON_PUT: 'true',
      VITRINE_SWIFT_STORE_LARGE_OBJECT_CHUNK_SIZE: '2',
    };
  },
};
