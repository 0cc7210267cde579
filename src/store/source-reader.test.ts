import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { sourceReader } from './source-reader.ts';

const size = 3_000_000;
const options = { maxSize: size, signal: new AbortController().signal };

test('a request is read byte for byte, and the memory of its chunks is given back', async () => {
  const sent = randomBytes(size);
  await using server = await receivingServer();

  const [{ received, chunks }] = await Promise.all([
    server.read,
    fetch(server.url, { method: 'PUT', body: sent }),
  ]);

  assert.ok(received.equals(sent));
  assert.equal(chunks.filter((chunk) => chunk.byteLength > 0).length, 0);
});

test('the chunks of any other stream stay as they are', async () => {
  const sent = randomBytes(size);
  const copy = Buffer.from(sent);
  using source = sourceReader(Readable.from([sent], { objectMode: false }), options);

  const filled = await source.fill(Buffer.alloc(size));

  assert.equal(filled, size);
  assert.ok(sent.equals(copy));
});

test('of data that is larger than it may be, what came before is given out and the rest is not', async () => {
  const data = Readable.from([Buffer.from('12345'), Buffer.from('6789012345')], {
    objectMode: false,
  });
  using source = sourceReader(data, { ...options, maxSize: 10, keepsCut: true });
  const target = Buffer.alloc(20);

  const filled = await source.fill(target);

  assert.equal(filled, 5);
  await assert.rejects(source.fill(target), { code: 'TooLarge' });
  await assert.rejects(source.fill(target), { code: 'TooLarge' });
});

interface Received {
  readonly received: Buffer;
  readonly chunks: readonly Uint8Array[];
}

/** A server that reads one request by a source reader, and remembers the chunks that it came in. */
async function receivingServer() {
  const read = Promise.withResolvers<Received>();
  const server = createServer((request, response) => {
    read.resolve(receive(request).finally(() => response.end()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  return {
    url: `http://127.0.0.1:${address.port}`,
    read: read.promise,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function receive(request: IncomingMessage): Promise<Received> {
  const chunks: Uint8Array[] = [];
  request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
  using source = sourceReader(request, options);
  const received = Buffer.alloc(size);
  // Targets that fit no chunk leave rests behind.
  for (let at = 0; at < size; at += 100_003) {
    await source.fill(received.subarray(at, at + 100_003));
  }
  return { received, chunks };
}
