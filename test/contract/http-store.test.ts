import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { httpStore } from '../../src/store/http-store.ts';
import type { Store } from '../../src/store/store.ts';
import { webClient } from '../../src/web/web-client.ts';
import { seededBytes } from '../support/slow-data.ts';
import { answers, testRules } from '../support/web-server.ts';

const size = 300_000;
const data = seededBytes('elsewhere', size);

interface Host extends AsyncDisposable {
  readonly url: string;
  /** Method and range of each request. */
  readonly asked: readonly string[];
}

type Answering = (request: IncomingMessage, response: ServerResponse, count: number) => void;

async function host(answer: Answering): Promise<Host> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.range ?? 'all'}`);
    answer(request, response, asked.length);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.2', resolve);
  });
  return {
    url: `http://127.0.0.2:${(server.address() as AddressInfo).port}/disk.raw`,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function storeAsking(rules = testRules): Store {
  const times = { connect: 2000, silence: 2000, total: 20_000 };
  const web = webClient({ rules, times, resolver: answers() });
  const field = 'url';
  return httpStore({
    id: 'web',
    source: {
      head: (url, signal) => web.head(url, { field, signal }),
      open: (url, from, signal) =>
        web.open(url, { field, signal, from, maxSize: Number.MAX_SAFE_INTEGER }),
    },
  });
}

/** Answers as most hosts do. */
function serve(request: IncomingMessage, response: ServerResponse, etag: unknown = '"1"'): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const part = from > 0 && { 'content-range': `bytes ${from}-${size - 1}/${size}` };
  response.writeHead(part ? 206 : 200, {
    'content-length': size - from,
    etag: String(etag),
    ...part,
  });
  response.end(request.method === 'HEAD' ? undefined : data.subarray(from));
}

async function readAll(store: Store, url: string, from = 0): Promise<Buffer> {
  await using reader = await store.open(url);
  const pieces: Buffer[] = [];
  for (let position = from; position < reader.size; ) {
    const buffer = Buffer.alloc(100_000);
    const length = await reader.read(buffer, position);
    assert(length > 0);
    pieces.push(buffer.subarray(0, length));
    position += length;
  }
  return Buffer.concat(pieces);
}

describe('A store of what lies at URLs', () => {
  test('reads data in order by one request, behind one for its size', async () => {
    await using there = await host((request, response) => serve(request, response));

    assert.deepEqual(await readAll(storeAsking(), there.url), Buffer.from(data));
    assert.deepEqual(there.asked, ['HEAD all', 'GET all']);
  });

  test('asks for the part that is wanted', async () => {
    await using there = await host((request, response) => serve(request, response));

    const part = await readAll(storeAsking(), there.url, 250_000);

    assert.deepEqual(part, Buffer.from(data.subarray(250_000)));
    assert.deepEqual(there.asked, ['HEAD all', 'GET bytes=250000-']);
  });

  test('lets the bytes before it pass where a host knows no parts, and no HEAD', async () => {
    await using there = await host((request, response) => {
      if (request.method === 'HEAD') response.writeHead(405).end();
      else response.writeHead(200, { 'content-length': size }).end(data);
    });

    const part = await readAll(storeAsking(), there.url, 250_000);

    assert.deepEqual(part, Buffer.from(data.subarray(250_000)));
  });

  test('goes on where it was cut off', async () => {
    await using there = await host((request, response, count) => {
      if (count !== 2) return serve(request, response);
      response.writeHead(200, { 'content-length': size, etag: '"1"' });
      response.write(data.subarray(0, 150_000), () => response.destroy());
    });

    assert.deepEqual(await readAll(storeAsking(), there.url), Buffer.from(data));
    assert.match(there.asked.at(-1) ?? '', /^GET bytes=\d+-$/);
  });

  test('is not kept at it by a host that gives a few bytes at a time', async () => {
    await using there = await host((request, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const part = from > 0 && { 'content-range': `bytes ${from}-${size - 1}/${size}` };
      response.writeHead(part ? 206 : 200, { 'content-length': size - from, ...part });
      if (request.method === 'HEAD') response.end();
      else response.write(data.subarray(from, from + 100), () => response.destroy());
    });

    await assert.rejects(readAll(storeAsking(), there.url), {
      code: 'Unavailable',
      message: `What is at ${there.url} cannot be read.`,
    });
    assert(there.asked.length < 10, `${there.asked.length}`);
  });

  test('tells nothing of what is behind the path of a URL', async () => {
    await using there = await host((_request, response) => response.writeHead(404).end());

    await assert.rejects(storeAsking().open(`${there.url}?signature=secret`), {
      message: `What is at ${there.url} cannot be read.`,
    });
  });

  test('never goes on with other data', async () => {
    await using there = await host((request, response, count) => {
      if (count > 2) return serve(request, response, '"2"');
      response.writeHead(200, { 'content-length': size, etag: '"1"' });
      if (request.method === 'HEAD') response.end();
      else response.write(data.subarray(0, 150_000), () => response.destroy());
    });

    await assert.rejects(readAll(storeAsking(), there.url), { code: 'Damaged' });
  });

  test('reads nothing of a host that does not tell how much it has, or that may not be asked', async () => {
    await using silent = await host((_request, response) => response.writeHead(200).end(data));
    await using there = await host((request, response) => serve(request, response));
    const closed = { ...testRules, networks: { allowed: [], denied: [] } };

    await assert.rejects(storeAsking().open(silent.url), { code: 'Unavailable' });
    await assert.rejects(storeAsking(closed).open(there.url), { code: 'Unavailable' });
    await assert.rejects(storeAsking().open('file:///etc/passwd'), { code: 'NotFound' });
    assert.deepEqual(there.asked, []);
  });

  test('takes no data, and removes none', async () => {
    await using there = await host((request, response) => serve(request, response));
    const store = storeAsking();

    await store.delete(there.url);

    assert.throws(() => store.locationOf('00000000-0000-4000-8000-000000000000'), {
      code: 'ReadOnly',
    });
    assert.deepEqual(there.asked, []);
    assert.deepEqual(await readAll(store, there.url), Buffer.from(data));
  });
});
