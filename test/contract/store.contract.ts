import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import {
  type PutOptions,
  type Store,
  StoreError,
  type StoreErrorCode,
} from '../../src/store/store.ts';
import { allOf, hashOf, pieces, someBytes, sourceOf } from '../support/data.ts';

/** An empty store, and a way to see behind its interface. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** The names of everything that the store keeps, whole or not. */
  remains(): Promise<readonly string[]>;
}

const MiB = 1024 * 1024;

function options(given: Partial<PutOptions> = {}): PutOptions {
  return { maxSize: 1024 * MiB, signal: new AbortController().signal, ...given };
}

function isStoreError(code: StoreErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof StoreError && error.code === code;
}

/** What every store promises; see `Store`. */
export function storeContract(name: string, emptyStore: () => Promise<StoreUnderTest>): void {
  describe(`${name}: data`, () => {
    for (const size of [
      0,
      1,
      65_536,
      262_143,
      262_144,
      262_145,
      MiB,
      MiB + 1,
      7 * MiB,
      20 * MiB + 3,
    ]) {
      test(`gives back ${size} bytes and their hashes`, async () => {
        await using empty = await emptyStore();
        const bytes = someBytes(size);

        const stored = await empty.store.put(randomUUID(), sourceOf(bytes), options());

        await using reader = await empty.store.open(stored.location);
        assert.equal(stored.size, size);
        assert.equal(stored.checksum, hashOf('md5', bytes));
        assert.equal(stored.sha512, hashOf('sha512', bytes));
        assert.equal(reader.size, size);
        assert.ok(Buffer.from(bytes).equals(await allOf(reader)));
      });
    }

    test('takes data that comes in one piece larger than any buffer', async () => {
      await using empty = await emptyStore();
      const bytes = someBytes(9 * MiB + 1);

      const stored = await empty.store.put(randomUUID(), Readable.from([bytes]), options());

      assert.equal(stored.size, bytes.length);
      assert.equal(stored.sha512, hashOf('sha512', bytes));
    });

    test('lists what it keeps, by the ids that its locations have', async () => {
      await using empty = await emptyStore();
      const [kept, removed] = [randomUUID(), randomUUID()];
      const stored = await empty.store.put(kept, sourceOf(someBytes(70_000)), options());
      const gone = await empty.store.put(removed, sourceOf(someBytes(1)), options());
      await empty.store.delete(gone.location);

      const listed = await Array.fromAsync(empty.store.list());

      assert.equal(empty.store.dataIdOf(stored.location), kept);
      assert.deepEqual(
        listed.map((one) => [one.kind, one.kind === 'foreign' ? one.name : one.dataId]),
        [['whole', kept]],
      );
      const [found] = listed;
      assert(found && Math.abs(found.changedAt.getTime() - Date.now()) < 600_000);
      assert([undefined, 70_000].includes(found.size));
    });

    test('takes data of exactly the largest size', async () => {
      await using empty = await emptyStore();

      const stored = await empty.store.put(
        randomUUID(),
        sourceOf(someBytes(MiB)),
        options({ maxSize: MiB, expectedSize: MiB }),
      );

      assert.equal(stored.size, MiB);
    });

    test('keeps many uploads at once apart', async () => {
      await using empty = await emptyStore();
      const uploads = Array.from({ length: 12 }, (_, n) => someBytes(MiB * 2 + n));

      const stored = await Promise.all(
        uploads.map((bytes) => empty.store.put(randomUUID(), sourceOf(bytes), options())),
      );

      assert.deepEqual(
        stored.map(({ checksum }) => checksum),
        uploads.map((bytes) => hashOf('md5', bytes)),
      );
    });

    test('reads any part, and less than asked only at the end', async () => {
      await using empty = await emptyStore();
      const bytes = someBytes(300_000);
      const { location } = await empty.store.put(randomUUID(), sourceOf(bytes), options());
      await using reader = await empty.store.open(location);
      const buffer = Buffer.alloc(1000);

      const lengths = [];
      for (const position of [0, 123_456, 299_000, 299_999, 300_000, 400_000]) {
        const length = await reader.read(buffer, position);
        assert.ok(
          buffer.subarray(0, length).equals(bytes.subarray(position, position + length)),
          `the bytes at ${position}`,
        );
        lengths.push(length);
      }

      assert.deepEqual(lengths, [1000, 1000, 1000, 1, 0, 0]);
    });
  });

  describe(`${name}: failures`, () => {
    test('lets exactly one of two simultaneous puts of an image win, whole', async () => {
      await using empty = await emptyStore();
      const imageId = randomUUID();
      const contents = [someBytes(3 * MiB), someBytes(3 * MiB + 5)];

      const results = await Promise.allSettled(
        contents.map((bytes) => empty.store.put(imageId, sourceOf(bytes), options())),
      );

      const winner = results.findIndex(({ status }) => status === 'fulfilled');
      const won = results[winner];
      const lost = results[1 - winner];
      assert.ok(won?.status === 'fulfilled' && lost?.status === 'rejected');
      assert.ok(isStoreError('Exists')(lost.reason));
      await using reader = await empty.store.open(won.value.location);
      assert.ok(Buffer.from(contents[winner] ?? []).equals(await allOf(reader)));
      assert.equal((await empty.remains()).length, 1);
    });

    test('refuses a second put of an image and keeps the first', async () => {
      await using empty = await emptyStore();
      const imageId = randomUUID();
      const bytes = someBytes(10);
      const { location } = await empty.store.put(imageId, sourceOf(bytes), options());

      const again = empty.store.put(imageId, sourceOf(someBytes(10)), options());

      await assert.rejects(again, isStoreError('Exists'));
      await using reader = await empty.store.open(location);
      assert.ok(Buffer.from(bytes).equals(await allOf(reader)));
    });

    for (const size of [1000, 5 * MiB]) {
      test(`leaves nothing behind when aborted ${size} bytes into the data`, async () => {
        await using empty = await emptyStore();
        const abort = new AbortController();
        const reason = new Error('enough');
        async function* endless(): AsyncGenerator<Uint8Array> {
          yield* pieces(someBytes(size));
          abort.abort(reason);
          await new Promise(() => undefined);
        }

        const put = empty.store.put(
          randomUUID(),
          Readable.from(endless()),
          options({ signal: abort.signal }),
        );

        await assert.rejects(put, reason);
        assert.deepEqual(await empty.remains(), []);
      });

      test(`passes on the source's error after ${size} bytes and leaves nothing behind`, async () => {
        await using empty = await emptyStore();
        const failure = new Error('the sender went away');
        async function* broken(): AsyncGenerator<Uint8Array> {
          yield* pieces(someBytes(size));
          throw failure;
        }

        const put = empty.store.put(randomUUID(), Readable.from(broken()), options());

        await assert.rejects(put, failure);
        assert.deepEqual(await empty.remains(), []);
      });

      test(`leaves nothing behind when the data passes ${size} bytes and may not`, async () => {
        await using empty = await emptyStore();
        const source = sourceOf(someBytes(size + 3 * MiB));

        const put = empty.store.put(randomUUID(), source, options({ maxSize: size }));

        await assert.rejects(put, isStoreError('TooLarge'));
        assert.deepEqual(await empty.remains(), []);
        assert.equal(source.destroyed, false);
      });
    }

    for (const size of [1000, 5 * MiB]) {
      test(`asks before it keeps more, of ${size} bytes, and passes a refusal on`, async () => {
        await using empty = await emptyStore();
        const asked: number[] = [];
        const full = new Error('no more');
        const admit = async (total: number) => {
          if (asked.push(total) > 1 || size < MiB) throw full;
        };

        const put = empty.store.put(randomUUID(), sourceOf(someBytes(size)), options({ admit }));

        await assert.rejects(put, full);
        assert.ok((asked[0] ?? 0) <= Math.max(MiB, size));
        assert.deepEqual(await empty.remains(), []);
      });
    }

    test('tells all bytes when it asks, and keeps them once it may', async () => {
      await using empty = await emptyStore();
      const asked: number[] = [];
      const admit = async (total: number) => void asked.push(total);

      await empty.store.put(randomUUID(), sourceOf(someBytes(3 * MiB + 1)), options({ admit }));

      assert.equal(asked.at(-1), 3 * MiB + 1);
      assert.deepEqual(
        asked,
        asked.toSorted((a, b) => a - b),
      );
    });

    test('refuses at once what was announced too large', async () => {
      await using empty = await emptyStore();
      const source = new Readable({ read: () => undefined });

      const put = empty.store.put(
        randomUUID(),
        source,
        options({ maxSize: MiB, expectedSize: MiB + 1 }),
      );

      await assert.rejects(put, isStoreError('TooLarge'));
      assert.deepEqual(await empty.remains(), []);
    });

    test('takes nothing under a signal aborted before', async () => {
      await using empty = await emptyStore();
      const reason = new Error('too late');

      const put = empty.store.put(
        randomUUID(),
        sourceOf(someBytes(10)),
        options({ signal: AbortSignal.abort(reason) }),
      );

      await assert.rejects(put, reason);
      assert.deepEqual(await empty.remains(), []);
    });

    test('rejects when the source was cut off before the put began', async () => {
      await using empty = await emptyStore();
      const source = sourceOf(someBytes(10));
      source.destroy();

      const put = empty.store.put(randomUUID(), source, options());

      await assert.rejects(put, { code: 'ERR_STREAM_PREMATURE_CLOSE' });
      assert.deepEqual(await empty.remains(), []);
    });

    test('works on after a failed put', async () => {
      await using empty = await emptyStore();
      const imageId = randomUUID();
      await assert.rejects(
        empty.store.put(imageId, sourceOf(someBytes(2 * MiB)), options({ maxSize: MiB })),
      );
      const bytes = someBytes(2 * MiB);

      const stored = await empty.store.put(imageId, sourceOf(bytes), options());

      assert.equal(stored.checksum, hashOf('md5', bytes));
    });
  });

  describe(`${name}: removal`, () => {
    test('deletes data, any number of times', async () => {
      await using empty = await emptyStore();
      const { location } = await empty.store.put(randomUUID(), sourceOf(someBytes(10)), options());

      await empty.store.delete(location);
      await empty.store.delete(location);

      await assert.rejects(empty.store.open(location), isStoreError('NotFound'));
      assert.deepEqual(await empty.remains(), []);
    });

    test('takes new data for an image once its data is deleted', async () => {
      await using empty = await emptyStore();
      const imageId = randomUUID();
      const { location } = await empty.store.put(imageId, sourceOf(someBytes(10)), options());
      await empty.store.delete(location);

      const stored = await empty.store.put(imageId, sourceOf(someBytes(11)), options());

      assert.equal(stored.size, 11);
    });

    test('tells where the data of an image will be', async () => {
      await using empty = await emptyStore();
      const imageId = randomUUID();
      const expected = empty.store.locationOf(imageId);

      const stored = await empty.store.put(imageId, sourceOf(someBytes(10)), options());

      assert.equal(stored.location, expected);
    });

    test('discards the data of one image and no other', async () => {
      await using empty = await emptyStore();
      const imageId = randomUUID();
      const discarded = await empty.store.put(imageId, sourceOf(someBytes(10)), options());
      const kept = await empty.store.put(randomUUID(), sourceOf(someBytes(11)), options());

      await empty.store.discard(imageId);
      await empty.store.discard(imageId);

      await assert.rejects(empty.store.open(discarded.location), isStoreError('NotFound'));
      await using reader = await empty.store.open(kept.location);
      assert.equal(reader.size, 11);
    });

    test('keeps whole data when it sweeps', async () => {
      await using empty = await emptyStore();
      const { location } = await empty.store.put(randomUUID(), sourceOf(someBytes(10)), options());

      await empty.store.sweep();

      await using reader = await empty.store.open(location);
      assert.equal(reader.size, 10);
    });
  });
}
