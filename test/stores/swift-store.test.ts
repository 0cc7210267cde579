import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { digestsOf } from '../../src/store/hashing.ts';
import { swiftConnection } from '../../src/store/swift/connection.ts';
import { swiftLogin } from '../../src/store/swift/login.ts';
import { swiftClient } from '../../src/store/swift/swift-client.ts';
import { swiftServer } from '../../src/store/swift/swift-server.ts';
import { swiftStore } from '../../src/store/swift/swift-store.ts';
import { allOf, someBytes, sourceOf } from '../support/data.ts';
import {
  emptyRemoteStore,
  givenFolder,
  givenSwift,
  newPlace,
  protocols,
  sharedHashers,
  swiftOptions,
} from './servers.ts';

const swift = await givenSwift();
const signal = new AbortController().signal;
const options = { maxSize: 1e9, signal };
after(() => sharedHashers[Symbol.asyncDispose]());

describe('Swift store', () => {
  test('logs in again when its token has ended', async () => {
    const protocol = protocols.find(({ name }) => name === 'Swift store');
    assert(protocol);
    await using empty = await emptyRemoteStore(protocol, swift);
    const bytes = someBytes(3_000_000);
    const { location } = await empty.store.put(randomUUID(), sourceOf(bytes), options);
    await using reader = await empty.store.open(location);

    await swift.forgetTokens();

    const readers = await Promise.all([1, 2, 3].map(() => empty.store.open(location)));
    for (const one of [reader, ...readers]) {
      assert.ok(Buffer.from(bytes).equals(await allOf(one)));
      await one[Symbol.asyncDispose]();
    }
  });

  test('makes one object of more parts than a manifest lists', async () => {
    const given = swiftOptions(swift);
    const connection = swiftConnection(given);
    const login = swiftLogin({ ...given, connection, now: Date.now });
    const { container } = given;
    await using server = swiftServer({
      client: swiftClient({ connection, login, container }),
      createsContainer: true,
    });
    await server.check();
    const object = { imageId: randomUUID(), upload: randomUUID() };
    const bytes = Buffer.from(someBytes(1003));

    const upload = await server.beginParts(object, signal);
    const numbers = Array.from({ length: 1003 }, (_, n) => n);
    const putNext = async (): Promise<void> => {
      for (let n = numbers.pop(); n !== undefined; n = numbers.pop()) {
        const part = bytes.subarray(n, n + 1);
        await upload.putPart(n + 1, { bytes: part, md5: digestsOf(part).checksum }, signal);
      }
    };
    await Promise.all(Array.from({ length: 8 }, putNext));
    await upload.complete();
    await upload.end();

    const head = await server.head(object.imageId);
    assert.deepEqual([head?.size, head?.upload], [1003, object.upload]);
    const range = { first: 997, last: 1002, etag: head?.etag };
    const read = Buffer.concat(await Array.fromAsync(await server.read(object.imageId, range)));
    assert.ok(read.equals(bytes.subarray(997)));
    await server.delete(object.imageId);
    assert.deepEqual(await swift.remains(container), []);
  });
});

describe('Swift store behind Keystone', () => {
  async function behindKeystone(given: { readonly password?: string; readonly region?: string }) {
    const read = async (name: string) => (await readFile(join(givenFolder(), name), 'utf8')).trim();
    const password = given.password ?? (await read('keystone/service-password'));
    return swiftStore({
      ...swiftOptions(swift),
      container: newPlace(),
      authUrl: `http://127.0.0.1:${await read('keystone/port')}/v3`,
      credentials: {
        version: '3',
        user: 'producer',
        key: password,
        userDomain: 'Default',
        project: 'producer',
        projectDomain: 'Default',
        region: given.region ?? 'RegionOne',
        endpointType: 'public',
      },
    });
  }

  test('finds its account in the catalog, and keeps and gives data', async () => {
    await using store = await behindKeystone({});
    await store.check();
    const bytes = someBytes(3_000_000);

    const { location } = await store.put(randomUUID(), sourceOf(bytes), options);

    await using reader = await store.open(location);
    assert.ok(Buffer.from(bytes).equals(await allOf(reader)));
  });

  test('tells of a wrong password', async () => {
    await using store = await behindKeystone({ password: 'wrong' });

    await assert.rejects(store.check(), /answers 401\. Check swift_store_user and swift_store_key/);
  });

  test('tells of a region without Swift', async () => {
    await using store = await behindKeystone({ region: 'Elsewhere' });

    await assert.rejects(store.check(), /names no object store of the region/);
  });
});
