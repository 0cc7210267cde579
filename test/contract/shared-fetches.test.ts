import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { ObjectServerFailure } from '../../src/store/object/failure.ts';
import { objectReader } from '../../src/store/object/object-reader.ts';
import type { ObjectRange, ObjectServer } from '../../src/store/object/object-server.ts';
import { type SharedFetches, sharedFetches } from '../../src/store/object/shared-fetches.ts';
import type { StoredReader } from '../../src/store/store.ts';
import { pieces, someBytes } from '../support/data.ts';

const mib = 1024 * 1024;
const imageId = randomUUID();

/** A server of one object that counts what it is asked for and what it sends. */
interface CountingServer extends Pick<ObjectServer, 'read'> {
  readonly ranges: ObjectRange[];
  /** Bytes drawn from it. */
  sent: number;
  /** Bodies that are neither sent to their end nor closed. */
  open: number;
  /** Refuses so many requests. */
  failures: number;
}

function countingServer(bytes: Uint8Array): CountingServer {
  const server: CountingServer = {
    ranges: [],
    sent: 0,
    open: 0,
    failures: 0,
    async read(_imageId, range) {
      server.ranges.push(range);
      if (server.failures > 0) {
        server.failures -= 1;
        throw new ObjectServerFailure('Unavailable', 'It is busy.', { isPassing: true });
      }
      server.open += 1;
      function* body() {
        for (const piece of pieces(bytes.subarray(range.first, range.last + 1))) {
          server.sent += piece.length;
          yield piece;
        }
      }
      const stream = Readable.from(body(), { objectMode: false, highWaterMark: 1 });
      return stream.once('close', () => {
        server.open -= 1;
      });
    },
  };
  return server;
}

function readerOf(fetches: SharedFetches, size: number, etag: string | undefined = 'one') {
  return objectReader(fetches, { imageId, head: { size, etag, upload: undefined } });
}

/** Reads all in buffers of a download's size. */
async function readAll(reader: StoredReader): Promise<Buffer> {
  await using opened = reader;
  const all = Buffer.alloc(opened.size);
  for (let position = 0; position < all.length; position += 256 * 1024) {
    await opened.read(all.subarray(position, position + 256 * 1024), position);
  }
  return all;
}

test('many who read together cost the server what one does', async () => {
  const bytes = someBytes(6 * mib + 7);
  const [alone, together] = [countingServer(bytes), countingServer(bytes)];
  await readAll(readerOf(sharedFetches({ server: alone, timeout: 1000 }), bytes.length));
  const fetches = sharedFetches({ server: together, timeout: 1000 });

  const all = await Promise.all(
    Array.from({ length: 8 }, () => readAll(readerOf(fetches, bytes.length))),
  );

  for (const received of all) assert(received.equals(bytes));
  assert.equal(together.sent, bytes.length);
  assert.deepEqual(together.ranges, alone.ranges);
  assert.equal(together.open, 0);
});

test('who comes a little later joins, who comes much later reads alone', async () => {
  const bytes = someBytes(10 * mib);
  const server = countingServer(bytes);
  const fetches = sharedFetches({ server, timeout: 1000 });
  await using first = readerOf(fetches, bytes.length);
  const buffer = Buffer.alloc(2 * mib);
  await first.read(buffer, 0);

  await using second = readerOf(fetches, bytes.length);
  await second.read(buffer, 0);
  assert.equal(server.ranges.length, 2, 'the second reads what the first has got');

  await first.read(Buffer.alloc(7 * mib), 2 * mib);
  const asked = server.ranges.length;
  await using third = readerOf(fetches, bytes.length);
  await third.read(buffer, 0);
  assert.equal(server.ranges[asked]?.first, 0, 'the third begins anew');
  assert(buffer.equals(bytes.subarray(0, 2 * mib)));
});

test('a reader that stands still holds nobody up, and gets all of it later by itself', async () => {
  const bytes = someBytes(12 * mib);
  const server = countingServer(bytes);
  const fetches = sharedFetches({ server, timeout: 1000 });
  await using slow = readerOf(fetches, bytes.length);
  const start = Buffer.alloc(mib);
  await slow.read(start, 0);

  const fast = await readAll(readerOf(fetches, bytes.length));
  const sentToFast = server.sent;
  const rest = Buffer.alloc(11 * mib);
  await slow.read(rest, mib);

  assert(fast.equals(bytes));
  assert.equal(sentToFast, bytes.length, 'what both read came once');
  assert(Buffer.concat([start, rest]).equals(bytes));
  assert(server.sent <= 2 * bytes.length);
});

/** The places, in bytes before the front of a fetch at 6 MiB, that a reader may still join at. */
async function placesToJoin(others: number): Promise<readonly boolean[]> {
  const bytes = Buffer.alloc(6 * mib, 'kept');
  const server = countingServer(bytes);
  const fetches = sharedFetches({ server, timeout: 1000 });
  await using parts = new AsyncDisposableStack();
  await parts.use(readerOf(fetches, bytes.length, 'front')).read(Buffer.alloc(6 * mib), 0);
  // They come later: what is kept already counts as well.
  for (let n = 0; n < others; n += 1) {
    await parts.use(readerOf(fetches, bytes.length, `other ${n}`)).read(Buffer.alloc(10), 0);
  }
  const joined: boolean[] = [];
  for (const distance of [0.4, 0.6, 3.9, 4.1]) {
    const asked = server.ranges.length;
    await using reader = readerOf(fetches, bytes.length, 'front');
    await reader.read(Buffer.alloc(1), Math.round((6 - distance) * mib));
    joined.push(server.ranges.length === asked);
  }
  return joined;
}

test('a fetch keeps its last 4 MiB, and its share of 32 MiB when there are many', async () => {
  assert.deepEqual(await placesToJoin(0), [true, true, true, false]);
  assert.deepEqual(await placesToJoin(63), [true, false, false, false]);
});

test('another object of the same image is another fetch', async () => {
  const server = countingServer(someBytes(mib));
  const fetches = sharedFetches({ server, timeout: 1000 });
  const readers = ['one', 'two', undefined, undefined].map((etag) => {
    return objectReader(fetches, { imageId, head: { size: mib, etag, upload: undefined } });
  });

  await Promise.all(readers.map(readAll));

  assert.deepEqual(
    server.ranges.map(({ etag }) => etag),
    ['one', 'two', undefined, undefined],
  );
});

test('a request that fails is made again for all who wait for it', async () => {
  const bytes = someBytes(3 * mib);
  const server = countingServer(bytes);
  const fetches = sharedFetches({ server, timeout: 1000 });
  const readers = Array.from({ length: 5 }, () => readerOf(fetches, bytes.length));
  server.failures = 1;

  const all = await Promise.all(readers.map(readAll));

  for (const received of all) assert(received.equals(bytes));
  assert.equal(server.sent, bytes.length);
});

test('the fetch ends when the last of its readers leaves', async () => {
  const bytes = someBytes(8 * mib);
  const server = countingServer(bytes);
  const fetches = sharedFetches({ server, timeout: 1000 });
  const readers = [readerOf(fetches, bytes.length), readerOf(fetches, bytes.length)];
  for (const reader of readers) await reader.read(Buffer.alloc(100_000), 0);

  await readers[0]?.[Symbol.asyncDispose]();
  assert.equal(server.open, 1);
  await readers[1]?.read(Buffer.alloc(100_000), 100_000);
  await readers[1]?.[Symbol.asyncDispose]();
  await new Promise(setImmediate);

  assert.equal(server.open, 0);
});
