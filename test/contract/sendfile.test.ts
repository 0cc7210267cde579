import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { open, readdir, readlink, truncate, writeFile } from 'node:fs/promises';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createPlainServer,
  type Server,
  type Socket,
} from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { sendData } from '../../src/http/send-data.ts';
import { loadSendfile, type Sendfile } from '../../src/http/sendfile.ts';
import { fileReader } from '../../src/store/file-reader.ts';
import { until } from '../support/image-calls.ts';
import { emptyFolder } from '../support/service-process.ts';

const mib = 1024 * 1024;
const folder = await emptyFolder();
after(() => folder[Symbol.asyncDispose]());

/** What the system itself sent in a test. */
interface Counted {
  bytes: number;
  readonly load: () => Promise<Sendfile | undefined>;
}

/** The real one, with its bytes counted. */
function counted(): Counted {
  const count: Counted = {
    bytes: 0,
    async load() {
      const real = await loadSendfile();
      return (
        real && {
          wayTo(socket) {
            const way = real.wayTo(socket);
            return (
              way && {
                async send(...call) {
                  const sent = await way.send(...call);
                  count.bytes += sent;
                  return sent;
                },
                [Symbol.dispose]: () => way[Symbol.dispose](),
              }
            );
          },
        }
      );
    },
  };
  return count;
}

interface Serving extends AsyncDisposable {
  readonly port: number;
  /** Of each answer, in the order in which they were begun. */
  readonly outcomes: readonly Promise<boolean>[];
  readonly stop: AbortController;
}

/** A server that answers `/<name>` with a file of the folder, or with `Part: <first>-<last>` of it. */
async function serving(
  sendfile: Counted['load'] | undefined,
  { timeout = 0 }: { readonly timeout?: number } = {},
): Promise<Serving> {
  const outcomes: Promise<boolean>[] = [];
  const stop = new AbortController();
  async function answer(...[request, response]: Parameters<typeof respond>): Promise<boolean> {
    const file = await open(join(folder.path, request.url ?? ''));
    const source = await fileReader(file, { givesDescriptor: true, path: '' });
    const [first = 0, last = source.size - 1] =
      request.headers['part']?.toString().split('-').map(Number) ?? [];
    const range = { first, last };
    response.writeHead(200, { 'content-length': range.last - range.first + 1 });
    return sendData(response, source, { range, sendfile, signal: stop.signal });
  }
  const respond: Parameters<typeof createServer>[1] & object = (request, response) => {
    const outcome = answer(request, response);
    outcome.catch(() => undefined);
    outcomes.push(outcome);
  };
  const server = createServer(respond);
  server.timeout = timeout;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    outcomes,
    stop,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A file of the folder with those bytes. */
async function fileOf(bytes: Uint8Array): Promise<string> {
  const name = `file-${randomBytes(8).toString('hex')}`;
  await writeFile(join(folder.path, name), bytes);
  return name;
}

async function ask(
  { port }: Serving,
  name: string,
  { part, agent }: { readonly part?: string; readonly agent?: Agent } = {},
): Promise<IncomingMessage> {
  const headers = part === undefined ? {} : { part };
  const asked = get({
    port,
    host: '127.0.0.1',
    path: `/${name}`,
    headers,
    ...(agent ? { agent } : { agent: false }),
  });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return response;
}

/** A client that asks for files, all at once, and reads nothing. */
async function stalled({ port }: Serving, ...names: readonly string[]): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').pause();
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(names.map((name) => `GET /${name} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  return socket;
}

/** The files and connections that this process has open. */
async function openFiles(): Promise<readonly string[]> {
  const numbers = await readdir('/proc/self/fd');
  const paths = await Promise.all(
    numbers.map((number) => readlink(`/proc/self/fd/${number}`).catch(() => '')),
  );
  return paths.filter((path) => path.startsWith('socket:') || path.includes(folder.path));
}

const isLinux = process.platform === 'linux';

test('the system can send files on Linux', async () => {
  const found = await loadSendfile();

  assert.equal(found !== undefined, isLinux);
});

/** Both ends of a new connection. */
async function connectionTo(server: Server): Promise<readonly [Socket, Socket]> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(near, 'connect');
  const [far] = await accepted;
  return [near, far];
}

test('the way to a connection stays its own, whoever gets the number of its descriptor', async (t) => {
  const system = await loadSendfile();
  if (!system) return t.skip('There is no sendfile here.');
  const numberOf = (socket: Socket): unknown => Object(socket)._handle?.fd;
  const server = createPlainServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using file = await open(join(folder.path, await fileOf(Buffer.alloc(1000, 'secret'))));
  const [first, accepted] = await connectionTo(server);
  const number = numberOf(accepted);
  const way = system.wayTo(accepted);
  accepted.destroy();
  await once(accepted, 'close');

  const others: Socket[] = [];
  for (let n = 0; n < 4; n += 1) others.push(...(await connectionTo(server)));
  const isTaken = others.some((socket) => numberOf(socket) === number);
  const sent = await way?.send(file.fd, 0, 1000);
  way?.[Symbol.dispose]();
  for (const socket of others) socket.end('none');

  assert(isTaken, 'nobody got the number');
  assert.equal(sent, 1000);
  assert.equal((await buffer(first)).length, 1000);
  for (const socket of others) assert.equal(String(await buffer(socket)), 'none');
  server.close();
});

for (const way of ['sendfile', 'reads'] as const) {
  /** What sends in this round; a test that it does is part of `whole`. */
  const sender = (): Counted | undefined => (way === 'sendfile' ? counted() : undefined);

  describe(`sending a file by ${way}`, () => {
    for (const size of [0, 1, mib - 1, mib, mib + 1, mib + 16 * 1024, 7 * mib + 13]) {
      test(`sends all of ${size} bytes`, async () => {
        const bytes = randomBytes(size);
        const name = await fileOf(bytes);
        const count = sender();
        await using server = await serving(count?.load);

        const received = await buffer(await ask(server, name));

        assert(received.equals(bytes));
        assert.equal(await server.outcomes[0], true);
        if (count && isLinux && size > mib) assert(count.bytes > 0, 'the system sent nothing');
      });
    }

    for (const [first, last] of [
      [5, 5],
      [1, 4 * mib],
      [3 * mib - 7, 6 * mib - 1],
    ] as const) {
      test(`sends bytes ${first} to ${last}`, async () => {
        const bytes = randomBytes(6 * mib);
        const name = await fileOf(bytes);
        await using server = await serving(sender()?.load);

        const received = await buffer(await ask(server, name, { part: `${first}-${last}` }));

        assert(received.equals(bytes.subarray(first, last + 1)));
      });
    }

    test('goes on with the same connection, one answer after the other', async () => {
      const all = [3 * mib + 1, 10, 2 * mib, 5 * mib].map((size) => randomBytes(size));
      const names = await Promise.all(all.map(fileOf));
      await using server = await serving(sender()?.load);
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const ports = new Set<number | undefined>();

      for (const [n, name] of names.entries()) {
        const response = await ask(server, name, { agent });
        ports.add(response.socket.localPort);
        assert((await buffer(response)).equals(all[n] ?? Buffer.alloc(0)), `answer ${n}`);
      }
      agent.destroy();

      assert.equal(ports.size, 1);
    });

    test('answers all that was asked for at once on one connection, in order', async () => {
      const all = [3 * mib + 1, 2 * mib, 5].map((size) => randomBytes(size));
      const names = await Promise.all(all.map(fileOf));
      await using server = await serving(sender()?.load);
      const client = await stalled(server, ...names);
      const wanted = Buffer.concat(all);
      let received = Buffer.alloc(0);

      for await (const chunk of client) {
        received = Buffer.concat([received, chunk]);
        const isAll = received.length > wanted.length && received.includes(all[2] ?? '', -5);
        if (isAll) break;
      }

      const bodies = received.toString('latin1').split(/HTTP\/1\.1 200 OK\r\n[\s\S]*?\r\n\r\n/);
      assert(Buffer.from(bodies.join(''), 'latin1').equals(wanted));
    });

    test('waits for a reader that pauses', async () => {
      const bytes = randomBytes(24 * mib);
      const name = await fileOf(bytes);
      await using server = await serving(sender()?.load);
      const response = await ask(server, name);
      const chunks: Buffer[] = [];

      for await (const chunk of response) {
        chunks.push(chunk);
        // Long enough for the connection to fill up.
        if (chunks.length % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }

      assert(Buffer.concat(chunks).equals(bytes));
    });

    test('lets go of everything when a reader that stands still is cut off', async () => {
      const name = await fileOf(Buffer.alloc(64 * mib));
      const before = (await openFiles()).length;
      {
        await using server = await serving(sender()?.load, { timeout: 100 });

        const client = await stalled(server, name);
        await once(client, 'readable');

        assert.equal(await server.outcomes[0], false);
        client.destroy();
      }
      await until('nothing is open', async () => (await openFiles()).length === before);
    });

    test('does not cut off a reader who takes longer than the time of silence, but reads', async () => {
      const bytes = randomBytes(32 * mib);
      const name = await fileOf(bytes);
      await using server = await serving(sender()?.load, { timeout: 1000 });
      const response = await ask(server, name);
      const begin = performance.now();
      const chunks: Buffer[] = [];

      for await (const chunk of response) {
        chunks.push(chunk);
        if (chunks.length % 32 === 0) await new Promise((resolve) => setTimeout(resolve, 80));
      }

      assert(Buffer.concat(chunks).equals(bytes));
      assert(performance.now() - begin > 1000, 'it was read too fast to tell');
    });

    test('ends when told to, though nobody reads', async () => {
      const name = await fileOf(Buffer.alloc(64 * mib));
      await using server = await serving(sender()?.load);
      const client = await stalled(server, name);
      await once(client, 'readable');

      server.stop.abort(new Error('closing down'));

      await assert.rejects(server.outcomes[0] ?? Promise.resolve(), /closing down/);
      client.destroy();
    });

    test('cuts the connection when the file ends early', async () => {
      const name = await fileOf(Buffer.alloc(64 * mib));
      await using server = await serving(sender()?.load);
      const response = await ask(server, name);

      await truncate(join(folder.path, name), 50 * mib);
      const received = buffer(response);

      await assert.rejects(received, { code: 'ECONNRESET' });
      await assert.rejects(server.outcomes[0] ?? Promise.resolve(), /ends early, at 52428800/);
    });

    test('clients that leave get nobody else any of their bytes, and leave nothing open', async () => {
      const [left, kept] = [Buffer.alloc(16 * mib, 'left'), Buffer.alloc(2 * mib, 'kept')];
      const [leftName, keptName] = [await fileOf(left), await fileOf(kept)];
      const before = (await openFiles()).length;
      {
        await using server = await serving(sender()?.load);

        // Each that leaves frees a number, which the next connection gets.
        const stays = Array.from({ length: 40 }, async (_, n) => {
          const leaving = await ask(server, leftName);
          leaving.on('error', () => undefined);
          if (n % 2) await once(leaving, 'readable');
          leaving.destroy();
          return buffer(await ask(server, keptName));
        });

        for (const received of await Promise.all(stays)) assert(received.equals(kept));
        await Promise.allSettled(server.outcomes);
      }
      await until('nothing is open', async () => (await openFiles()).length === before);
    });
  });
}
