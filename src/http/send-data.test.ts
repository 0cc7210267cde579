import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { type DataSource, type SendOptions, sendData } from './send-data.ts';

const MiB = 1024 * 1024;
const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

interface Watched extends DataSource {
  readonly closed: Promise<void>;
}

/** `bytes` as a store would give them, of `size` as it was when they were opened. */
function sourceOf(bytes: Uint8Array, size = bytes.length): Watched {
  const closed = Promise.withResolvers<void>();
  return {
    size,
    closed: closed.promise,

    async read(target, position) {
      const found = bytes.subarray(position, position + target.length);
      target.set(found);
      return found.length;
    },

    async [Symbol.asyncDispose]() {
      closed.resolve();
    },
  };
}

interface Sending extends AsyncDisposable {
  readonly port: number;
  /** What became of the first answer. */
  readonly outcome: Promise<boolean>;
}

/** A server that answers everything with `source`. */
async function sending(
  source: DataSource,
  {
    length = source.size,
    timeout = 0,
    ...options
  }: Partial<SendOptions> & { length?: number; timeout?: number } = {},
): Promise<Sending> {
  const outcome = Promise.withResolvers<boolean>();
  outcome.promise.catch(() => undefined);
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': length });
    sendData(response, source, { signal: new AbortController().signal, ...options }).then(
      outcome.resolve,
      outcome.reject,
    );
  });
  server.timeout = timeout;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    outcome: outcome.promise,

    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function download({ port }: Sending): Promise<IncomingMessage> {
  const [response] = await once(get({ port, host: '127.0.0.1', agent: false }), 'response');
  return response;
}

/** A client that asks, and then reads nothing. */
async function stalledClient(port: number, words: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  await once(socket, 'connect');
  socket.write(words);
  return socket;
}

describe('sending data', () => {
  for (const size of [0, 1, 262_143, 262_144, 262_145, 524_288, 5 * MiB + 7]) {
    test(`sends all of ${size} bytes and closes the source`, async () => {
      const bytes = randomBytes(size);
      const source = sourceOf(bytes);
      await using server = await sending(source);

      const received = await buffer(await download(server));

      assert.ok(received.equals(bytes));
      assert.equal(await server.outcome, true);
      await source.closed;
    });
  }

  for (const [first, last] of [
    [0, 0],
    [1, 262_144],
    [262_143, 262_144],
    [700_000, 3 * MiB - 1],
  ] as const) {
    test(`sends bytes ${first} to ${last} of 3 MiB`, async () => {
      const bytes = randomBytes(3 * MiB);
      await using server = await sending(sourceOf(bytes), {
        range: { first, last },
        length: last - first + 1,
      });

      const received = await buffer(await download(server));

      assert.ok(received.equals(bytes.subarray(first, last + 1)));
    });
  }

  test('sends different data to many clients at once, each its own', async () => {
    const contents = Array.from({ length: 10 }, (_, n) => randomBytes(2 * MiB + n));
    await using servers = new AsyncDisposableStack();

    const received = await Promise.all(
      contents.map(async (bytes) => {
        const server = servers.use(await sending(sourceOf(bytes)));
        return buffer(await download(server));
      }),
    );

    assert.ok(received.every((bytes, n) => contents[n]?.equals(bytes)));
  });

  test('cuts the connection when the data ends early', async () => {
    const source = sourceOf(randomBytes(MiB), 2 * MiB);
    await using server = await sending(source);

    const received = buffer(await download(server));

    await assert.rejects(received, { code: 'ECONNRESET' });
    await assert.rejects(server.outcome, /ends early, at 1048576/);
    await source.closed;
  });

  test('cuts the connection when the source fails', async () => {
    const failure = new Error('the disk is gone');
    const whole = sourceOf(randomBytes(2 * MiB));
    const source: DataSource = {
      ...whole,
      read: async (target, position) => {
        if (position >= MiB) throw failure;
        return whole.read(target, position);
      },
    };
    await using server = await sending(source);

    const received = buffer(await download(server));

    await assert.rejects(received, { code: 'ECONNRESET' });
    await assert.rejects(server.outcome, failure);
    await whole.closed;
  });

  test('closes the source when the client goes away', async () => {
    const source = sourceOf(randomBytes(64 * MiB));
    await using server = await sending(source);

    const response = await download(server);
    response.destroy();

    assert.equal(await server.outcome, false);
    await source.closed;
  });

  test('closes the source when a client that reads nothing is cut by the socket timeout', async () => {
    const source = sourceOf(randomBytes(64 * MiB));
    await using server = await sending(source, { timeout: 50 });

    const client = await stalledClient(server.port, request);

    assert.equal(await server.outcome, false);
    await source.closed;
    client.destroy();
  });

  test('stops when told to, though the client reads nothing', async () => {
    const stop = new AbortController();
    const reason = new Error('closing down');
    const source = sourceOf(randomBytes(64 * MiB));
    await using server = await sending(source, { signal: stop.signal });
    const client = await stalledClient(server.port, request);
    await once(client, 'readable');

    stop.abort(reason);

    await assert.rejects(server.outcome, reason);
    await source.closed;
    client.destroy();
  });

  test('closes the source of an answer that waits for an earlier one when their connection closes', async () => {
    const sources = [sourceOf(randomBytes(64 * MiB)), sourceOf(randomBytes(MiB))];
    const outcomes: Promise<boolean>[] = [];
    const asked = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      const source = sources[outcomes.length] ?? sourceOf(randomBytes(0));
      response.writeHead(200, { 'content-length': source.size });
      outcomes.push(sendData(response, source, { signal: new AbortController().signal }));
      if (outcomes.length === 2) asked.resolve();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = await stalledClient(port, request + request);
    await asked.promise;

    client.destroy();

    assert.deepEqual(await Promise.all(outcomes), [false, false]);
    await Promise.all(sources.map(({ closed }) => closed));
    server.close();
    await once(server, 'close');
  });
});
