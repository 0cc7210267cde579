import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type PutOptions, StoreError, type StoreErrorCode } from '../../src/store/store.ts';
import { storeContract } from '../contract/store.contract.ts';
import { secureLine } from '../keystone/between.ts';
import { allOf, hashOf, pieces, someBytes, sourceOf } from '../support/data.ts';
import { until } from '../support/image-calls.ts';
import { lineTo } from './line.ts';
import {
  emptyRemoteStore,
  givenSwift,
  newPlace,
  type Protocol,
  protocols,
  type RemoteGiven,
  sharedHashers,
} from './servers.ts';

const MiB = 1024 * 1024;
const swift = await givenSwift();
const certificates = fileURLToPath(new URL('../fixtures/tls/test-only-first', import.meta.url));
after(() => sharedHashers[Symbol.asyncDispose]());

function options(given: Partial<PutOptions> = {}): PutOptions {
  return { maxSize: 1024 * MiB, signal: new AbortController().signal, ...given };
}

function isStoreError(code: StoreErrorCode, message = /./): (error: unknown) => boolean {
  return (error) =>
    error instanceof StoreError && error.code === code && message.test(error.message);
}

/** An empty store behind a line. */
async function storeBehindLine(protocol: Protocol, given: RemoteGiven = {}) {
  await using parts = new AsyncDisposableStack();
  const line = parts.use(await lineTo(swift.port));
  const empty = parts.use(await emptyRemoteStore(protocol, swift, { ...given, port: line.port }));
  const rest = parts.move();
  return { ...empty, line, [Symbol.asyncDispose]: () => rest.disposeAsync() };
}

for (const protocol of protocols) {
  const { name, partSize, publications } = protocol;
  storeContract(name, () => emptyRemoteStore(protocol, swift));

  describe(`${name}: a server that fails`, () => {
    const sizes = { whole: 300_000, parted: 2 * partSize + 5 };
    for (const kind of ['whole', 'parted'] as const) {
      test(`an answer that gets lost, ${kind} data, is no failure`, async () => {
        await using behind = await storeBehindLine(protocol);
        const bytes = someBytes(sizes[kind]);
        const line = publications[kind];
        behind.line.set({ kind: 'cutAnswer', line, after: 0 });

        const { location } = await behind.store.put(randomUUID(), sourceOf(bytes), options());

        assert.equal(behind.line.cuts, 1);
        await using reader = await behind.store.open(location);
        assert.ok(Buffer.from(bytes).equals(await allOf(reader)));
        assert.equal((await behind.remains()).length, 1);
      });
    }

    test('a part that arrives as other bytes is refused there and sent again', async () => {
      await using behind = await storeBehindLine(protocol);
      const bytes = someBytes(3 * partSize);
      behind.line.set({ kind: 'garbleRequest', line: protocol.part, after: partSize / 2 });

      const { location } = await behind.store.put(randomUUID(), sourceOf(bytes), options());

      assert.equal(behind.line.cuts, 1);
      await using reader = await behind.store.open(location);
      assert.ok(Buffer.from(bytes).equals(await allOf(reader)));
    });

    test('a part whose connection is cut is sent again', async () => {
      await using behind = await storeBehindLine(protocol);
      const bytes = someBytes(3 * partSize);
      behind.line.set({ kind: 'cutRequest', line: protocol.part, after: partSize / 2 });

      const stored = await behind.store.put(randomUUID(), sourceOf(bytes), options());

      assert.equal(behind.line.cuts, 1);
      assert.equal(stored.checksum, hashOf('md5', bytes));
      await using reader = await behind.store.open(stored.location);
      assert.ok(Buffer.from(bytes).equals(await allOf(reader)));
    });

    for (const kind of ['closed', 'silent', 'busy'] as const) {
      test(`that becomes ${kind} in the middle of an upload ends it, and discard leaves nothing`, async () => {
        await using behind = await storeBehindLine(protocol, { timeout: 1000 });
        const imageId = randomUUID();
        async function* data(): AsyncGenerator<Uint8Array> {
          yield* pieces(someBytes(2 * partSize));
          // What the server is told to begin while nobody hears its answer, only a sweep can find.
          await until('parts arrive', async () => (await behind.remains()).length > 0);
          behind.line.set({ kind });
          for (;;) yield* pieces(someBytes(partSize));
        }

        const put = behind.store.put(imageId, Readable.from(data()), options());

        await assert.rejects(put, isStoreError('Unavailable'));
        behind.line.set({ kind: 'open' });
        await behind.store.discard(imageId);
        assert.deepEqual(await behind.remains(), []);
      });

      test(`that is ${kind} is told of by every call`, async () => {
        await using behind = await storeBehindLine(protocol, { timeout: 1000 });
        const { store, line } = behind;
        const location = store.locationOf(randomUUID());
        line.set({ kind });

        const calls = [
          () => store.check(),
          () => store.sweep(),
          () => store.open(location),
          () => store.delete(location),
          () => store.discard(randomUUID()),
          () => store.put(randomUUID(), sourceOf(someBytes(10)), options()),
        ];
        await Promise.all(calls.map((call) => assert.rejects(call(), isStoreError('Unavailable'))));
      });
    }

    test('an upload is cut off at once while parts wait for a silent server', async () => {
      await using behind = await storeBehindLine(protocol, { timeout: 2000 });
      const abort = new AbortController();
      const reason = new Error('enough');
      behind.line.set({ kind: 'silent' });
      const endless = Readable.from(
        (function* () {
          for (;;) yield someBytes(MiB);
        })(),
      );
      const { signal } = abort;
      setTimeout(() => abort.abort(reason), 500);

      const put = behind.store.put(randomUUID(), endless, options({ signal }));

      await assert.rejects(put, reason);
    });
  });

  describe(`${name}: reading`, () => {
    test('goes on where a connection was cut', async () => {
      await using behind = await storeBehindLine(protocol);
      const bytes = someBytes(2 * partSize + 3);
      const { location } = await behind.store.put(randomUUID(), sourceOf(bytes), options());
      await using reader = await behind.store.open(location);
      behind.line.set({ kind: 'cutAnswer', line: /^GET \S+/, after: 700_000 });

      const read = await allOf(reader);

      assert.equal(behind.line.cuts, 1);
      assert.ok(Buffer.from(bytes).equals(read));
    });

    test('fails when the server is gone for good', async () => {
      await using behind = await storeBehindLine(protocol);
      const { location } = await behind.store.put(
        randomUUID(),
        sourceOf(someBytes(3 * MiB)),
        options(),
      );
      await using reader = await behind.store.open(location);
      behind.line.set({ kind: 'closed' });

      await assert.rejects(allOf(reader), isStoreError('Unavailable'));
    });

    test('gives any range across parts, in any order', async () => {
      await using empty = await emptyRemoteStore(protocol, swift);
      const bytes = someBytes(3 * partSize + 17);
      const { location } = await empty.store.put(randomUUID(), sourceOf(bytes), options());
      await using reader = await empty.store.open(location);

      for (const [first, length] of [
        [partSize - 3, 6],
        [2 * partSize, 100_000],
        [0, 1],
        [3 * partSize, 17],
        [partSize - 300_000, 900_000],
      ] as const) {
        const buffer = Buffer.alloc(length);
        assert.equal(await reader.read(buffer, first), length);
        assert.ok(buffer.equals(bytes.subarray(first, first + length)), `${length} at ${first}`);
      }
    });

    test('gives one object to many at once', async () => {
      await using empty = await emptyRemoteStore(protocol, swift);
      const bytes = someBytes(partSize + 1);
      const { location } = await empty.store.put(randomUUID(), sourceOf(bytes), options());

      const hashes = await Promise.all(
        Array.from({ length: 24 }, async () => {
          await using reader = await empty.store.open(location);
          return hashOf('md5', await allOf(reader));
        }),
      );

      assert.deepEqual(new Set(hashes), new Set([hashOf('md5', bytes)]));
    });

    test('gives one object to many at once for one transfer from the server', async () => {
      await using behind = await storeBehindLine(protocol);
      const bytes = someBytes(2 * partSize + 11);
      const { location } = await behind.store.put(randomUUID(), sourceOf(bytes), options());
      const before = behind.line.answered;
      const readers = await Promise.all(
        Array.from({ length: 10 }, () => behind.store.open(location)),
      );

      const all = await Promise.all(readers.map(allOf));
      for (const reader of readers) await reader[Symbol.asyncDispose]();

      for (const read of all) assert.ok(Buffer.from(bytes).equals(read));
      const sent = behind.line.answered - before;
      assert(sent < 1.5 * bytes.length, `${sent} bytes were sent of ${bytes.length}`);
    });

    test('finds an image where another address leads to the same server', async () => {
      await using behind = await storeBehindLine(protocol);
      const bytes = someBytes(10);
      const { location } = await behind.store.put(randomUUID(), sourceOf(bytes), options());
      await using direct = await emptyRemoteStore(protocol, swift, { place: behind.place });

      await using reader = await direct.store.open(location);

      assert.ok(Buffer.from(bytes).equals(await allOf(reader)));
      assert(!location.includes(swift.key));
    });

    test('refuses locations of other places', async () => {
      await using empty = await emptyRemoteStore(protocol, swift);
      const imageId = randomUUID();
      const own = empty.store.locationOf(imageId);

      for (const location of [
        'file:ab/cd',
        own.slice(0, -1),
        `${own}/`,
        own.replace(empty.place, 'another-place'),
        `http://example.com/${imageId}`,
      ]) {
        await assert.rejects(empty.store.open(location), isStoreError('NotFound'), location);
        await assert.rejects(empty.store.delete(location), isStoreError('NotFound'), location);
      }
    });
  });

  describe(`${name}: over TLS`, () => {
    async function secured(ca: string | undefined) {
      await using parts = new AsyncDisposableStack();
      const [cert, key] = await Promise.all([
        readFile(`${certificates}.crt`, 'utf8'),
        readFile(`${certificates}.key`, 'utf8'),
      ]);
      const line = parts.use(await secureLine(swift.port, { cert, key }));
      const secure = { ca: ca ?? cert };
      const empty = parts.use(await emptyRemoteStore(protocol, swift, { port: line.port, secure }));
      const rest = parts.move();
      return { ...empty, [Symbol.asyncDispose]: () => rest.disposeAsync() };
    }

    test('keeps and gives data where it trusts the certificate', async () => {
      await using empty = await secured(undefined);
      const bytes = someBytes(2 * partSize + 7);

      const { location } = await empty.store.put(randomUUID(), sourceOf(bytes), options());

      await using reader = await empty.store.open(location);
      assert.ok(Buffer.from(bytes).equals(await allOf(reader)));
    });

    test('sends nothing where it does not', async () => {
      const other = await readFile(certificates.replace('first', 'second').concat('.crt'), 'utf8');
      await using empty = await secured(other);

      await assert.rejects(empty.store.check(), isStoreError('Unavailable', /SELF_SIGNED|CERT/));
    });
  });

  describe(`${name}: at the start`, () => {
    test('wrong credentials are told', async () => {
      await using store = protocol.open(swift, { key: 'wrong' });

      await assert.rejects(store.check(), isStoreError('Unavailable', /Check s(3|wift)_store/));
    });

    test('a place that is missing is told', async () => {
      await using store = protocol.open(swift, { creates: false });

      await assert.rejects(store.check(), isStoreError('Unavailable', /s(3|wift)_store_create/));
    });

    test('what a crash left of an upload goes, and whole images stay', async () => {
      const place = newPlace();
      await using before = await emptyRemoteStore(protocol, swift, { place });
      const bytes = someBytes(2 * partSize + 1);
      const { location } = await before.store.put(randomUUID(), sourceOf(bytes), options());
      const crashed = new AbortController();
      const third = Promise.withResolvers<void>();
      async function* data(): AsyncGenerator<Uint8Array> {
        yield* pieces(someBytes(3 * partSize));
        third.resolve();
        await new Promise(() => undefined);
      }
      const put = before.store.put(
        randomUUID(),
        Readable.from(data()),
        options({ signal: crashed.signal }),
      );
      put.catch(() => undefined);
      await third.promise;
      await until('a part is there', async () => (await before.remains()).length > 1);

      await using next = await emptyRemoteStore(protocol, swift, { place });
      await next.store.sweep();

      assert.equal((await next.remains()).length, 1);
      await using reader = await next.store.open(location);
      assert.ok(Buffer.from(bytes).equals(await allOf(reader)));
      crashed.abort(new Error('The test ends.'));
    });
  });
}
