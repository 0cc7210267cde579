import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { DomainError } from '../../src/domain/errors.ts';
import type { WebRules } from '../../src/domain/web-rules.ts';
import type { WebTimes } from '../../src/web/exchange.ts';
import { systemResolver, type WebResolver } from '../../src/web/resolver.ts';
import { type OpenOptions, type WebClient, webClient } from '../../src/web/web-client.ts';
import { WebError, type WebErrorCode } from '../../src/web/web-error.ts';
import { answers, send, testRules, webServer } from '../support/web-server.ts';

const times: WebTimes = { connect: 2000, silence: 2000, total: 10_000 };

interface Given {
  readonly resolver?: WebResolver;
  readonly times?: Partial<WebTimes>;
  readonly rules?: WebRules;
}

function clientWith(given: Given = {}): WebClient {
  return webClient({
    rules: given.rules ?? testRules,
    resolver: given.resolver ?? answers(['127.0.0.2']),
    times: { ...times, ...given.times },
  });
}

function call(options: Partial<OpenOptions> = {}): OpenOptions {
  return { field: 'uri', maxSize: 1e9, signal: new AbortController().signal, ...options };
}

async function download(client: WebClient, url: string, options?: Partial<OpenOptions>) {
  const { size, data } = await client.open(url, call(options));
  return { size, bytes: await buffer(data) };
}

async function assertWebError(work: Promise<unknown>, code: WebErrorCode): Promise<void> {
  await assert.rejects(work, (error) => error instanceof WebError && error.code === code);
}

async function assertRefused(work: Promise<unknown>, text: RegExp): Promise<void> {
  await assert.rejects(
    work,
    (error) =>
      error instanceof DomainError && error.code === 'InvalidRequest' && text.test(error.message),
  );
}

function redirect(socket: Socket, location: string): void {
  socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
}

test('data comes as it was sent, with the size that was announced', async () => {
  await using server = await webServer((socket) => send(socket, 'Content-Length: 5', 'hello'));

  const { size, bytes } = await download(clientWith(), `http://a.example:${server.port}/x?y=z`);

  assert.equal(size, 5);
  assert.equal(bytes.toString(), 'hello');
  const [head = ''] = server.requests;
  assert.match(head, /^GET \/x\?y=z HTTP\/1\.1\r\n/);
  assert.match(head, new RegExp(`^host: a\\.example:${server.port}\r$`, 'im'));
  assert.match(head, /^accept-encoding: identity\r$/im);
});

test('data of unknown size comes in chunks', async () => {
  await using server = await webServer((socket) =>
    send(socket, 'Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'),
  );

  const { size, bytes } = await download(clientWith(), `http://a.example:${server.port}/`);

  assert.equal(size, undefined);
  assert.equal(bytes.toString(), 'hello');
});

test('a name is looked up once, so that its second address is never connected to', async () => {
  await using inner = await webServer(
    (socket) => send(socket, 'Content-Length: 1', '!'),
    '127.0.0.1',
  );
  await using server = await webServer((socket) => send(socket, 'Content-Length: 1', 'x'));
  const resolver = answers(['127.0.0.2'], ['127.0.0.1']);
  const client = clientWith({ resolver });

  const { bytes } = await download(client, `http://rebind.example:${server.port}/`);
  const second = download(client, `http://rebind.example:${inner.port}/`);

  assert.equal(bytes.toString(), 'x');
  await assertRefused(second, /^uri: host rebind\.example has no address/);
  assert.deepEqual(resolver.asked, ['rebind.example', 'rebind.example']);
  assert.deepEqual(inner.requests, []);
});

test('one address that is closed closes a name, wherever it stands among open ones', async () => {
  for (const addresses of [
    ['8.8.8.8', '127.0.0.1'],
    ['::ffff:10.0.0.1', '8.8.8.8'],
    ['169.254.169.254'],
    ['8.8.8.8', 'fe80::1'],
    [],
  ]) {
    const client = clientWith({ resolver: answers(addresses) });

    await assertRefused(client.check('http://a.example/', call()), /has no address that may be/);
    await assertRefused(client.open('http://a.example/', call()), /has no address that may be/);
    const post = client.post('http://a.example/', { ...call(), headers: {}, body: '' });
    await assertRefused(post, /has no address that may be/);
  }
});

test('an unknown name and a private one are refused in the same words', async () => {
  const messageOf = async (resolver: WebResolver) => {
    const refusal = await clientWith({ resolver })
      .check('http://a.internal/', call())
      .catch((error: unknown) => error);
    return refusal instanceof Error ? refusal.message : assert.fail();
  };

  assert.equal(await messageOf(answers([])), await messageOf(answers(['10.0.0.1'])));
});

test('a redirect is followed, also by a relative URL', async () => {
  await using server = await webServer((socket, head) => {
    if (head.startsWith('GET /a ')) redirect(socket, '../b');
    else if (head.startsWith('GET /b ')) redirect(socket, `http://c.example:${server.port}/c`);
    else send(socket, 'Content-Length: 1', 'c');
  });

  const { bytes } = await download(clientWith(), `http://a.example:${server.port}/a`);

  assert.equal(bytes.toString(), 'c');
});

for (const location of [
  'http://169.254.169.254/latest/meta-data/',
  '//169.254.169.254/latest/meta-data/',
  '\\\\169.254.169.254/latest/meta-data/',
  'http://2852039166/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://127.0.0.1:6379/',
  'file:///etc/passwd',
  'gopher://127.0.0.1:6379/_FLUSHALL',
  'http://user:secret@a.example/',
]) {
  test(`a redirect to ${location} is judged like the URL itself`, async () => {
    await using server = await webServer((socket) => redirect(socket, location));

    const work = download(clientWith(), `http://a.example:${server.port}/`);

    await assertRefused(work, /^uri, redirected: /);
    assert.equal(server.requests.length, 1);
  });
}

test('redirects come to an end', async () => {
  await using server = await webServer((socket) => redirect(socket, '/again'));

  await assertWebError(download(clientWith(), `http://a.example:${server.port}/`), 'BadAnswer');
  assert.equal(server.requests.length, 6);
});

test('header fields go to the origin that they are for, and to no other', async () => {
  await using other = await webServer((socket) => send(socket, 'Content-Length: 0'));
  await using server = await webServer((socket, head) =>
    redirect(socket, head.startsWith('GET /a ') ? '/b' : `http://a.example:${other.port}/`),
  );
  const headers = { 'x-auth-token': 'secret' };

  await download(clientWith(), `http://a.example:${server.port}/a`, { headers });

  assert.deepEqual(
    server.requests.map((head) => head.includes('secret')),
    [true, true],
  );
  assert.deepEqual(
    other.requests.map((head) => head.includes('secret')),
    [false],
  );
});

test('data that is shorter or longer than announced fails', async () => {
  const lies: readonly ((socket: Socket) => void)[] = [
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort'),
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntoo long'),
    (socket) =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntoo long'),
    (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel'),
    (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'),
    (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n'),
    (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'),
    (socket) =>
      socket.end(
        'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      ),
  ];
  for (const lie of lies) {
    await using server = await webServer(lie);

    await assertWebError(download(clientWith(), `http://a.example:${server.port}/`), 'BadAnswer');
  }
});

test('data that is cut off before anybody reads it ends nothing but itself', async () => {
  await using server = await webServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', () => socket.resetAndDestroy());
  });

  const { data } = await clientWith().open(`http://a.example:${server.port}/`, call());
  while (!data.errored) await wait(1);

  await assert.rejects(buffer(data), { code: 'BadAnswer' });
});

test('what is no data is none', async () => {
  const answersOfHosts = [
    'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone',
    'HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\npart',
    'HTTP/1.1 204 No Content\r\n\r\n',
    'HTTP/1.1 304 Not Modified\r\n\r\n',
    'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\ngzip',
    'SSH-2.0-OpenSSH_9.2\r\n',
    `HTTP/1.1 200 OK\r\nX-Long: ${'a'.repeat(32 * 1024)}\r\n\r\n`,
  ];
  for (const answer of answersOfHosts) {
    await using server = await webServer((socket) => void socket.end(answer));

    await assertWebError(download(clientWith(), `http://a.example:${server.port}/`), 'BadAnswer');
  }
});

test('data larger than is taken is refused, before it comes where it is announced', async () => {
  await using announced = await webServer((socket) => send(socket, 'Content-Length: 11', 'x'));
  await using chunked = await webServer((socket) =>
    send(socket, 'Transfer-Encoding: chunked', 'b\r\n12345678901\r\n'),
  );
  const limit = { maxSize: 10 };

  const early = clientWith().open(`http://a.example:${announced.port}/`, call(limit));
  await assertWebError(early, 'TooLarge');
  await assertWebError(
    download(clientWith(), `http://a.example:${chunked.port}/`, limit),
    'TooLarge',
  );
});

test('a host that nobody answers at is unreachable', async () => {
  const gone = await webServer(() => undefined);
  await gone[Symbol.asyncDispose]();

  await assertWebError(download(clientWith(), `http://a.example:${gone.port}/`), 'Unreachable');
});

const drip = (socket: Socket, text: string): void => {
  const timer = setInterval(() => socket.write(text), 20);
  socket.on('close', () => clearInterval(timer));
};

test('a host that drips its head, or its data, is given up', async () => {
  const client = clientWith({ times: { silence: 150 } });
  const slow: readonly ((socket: Socket) => void)[] = [
    () => undefined,
    (socket) => void socket.write('HTTP/1.1 2'),
    (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n');
      drip(socket, 'X-A: b\r\n');
    },
    (socket) => send(socket, 'Content-Length: 1000000', 'then nothing'),
    (socket) => {
      send(socket, 'Content-Length: 1000000');
      drip(socket, 'x');
    },
  ];
  for (const answer of slow) {
    await using server = await webServer(answer);

    await assertWebError(download(client, `http://a.example:${server.port}/`), 'TimedOut');
  }
});

test('a host that sends for ever is given up after the time for all', async () => {
  const client = clientWith({ times: { total: 300 } });
  await using server = await webServer((socket) => {
    send(socket, 'Content-Length: 1000000000');
    drip(socket, 'x'.repeat(2000));
  });

  await assertWebError(download(client, `http://a.example:${server.port}/`), 'TimedOut');
});

test('a name server that does not answer is given up', async () => {
  const resolver: WebResolver = {
    resolve: (_host, _isNamed, signal) =>
      new Promise((resolve) => signal.addEventListener('abort', () => resolve([]))),
  };
  const client = clientWith({ resolver, times: { connect: 100 } });

  await assertWebError(client.check('http://a.example/', call()), 'TimedOut');
});

test('a reader that takes its time is not held against the host, and holds the host back', async () => {
  const size = 32 * 1024 * 1024;
  let sent = 0;
  await using server = await webServer((socket) => {
    send(socket, `Content-Length: ${size}`);
    const block = Buffer.alloc(64 * 1024);
    const more = () => {
      while (sent < size) {
        sent += block.length;
        if (!socket.write(block)) return;
      }
    };
    socket.on('drain', more);
    more();
  });
  const client = clientWith({ times: { silence: 100 } });

  const { data } = await client.open(`http://a.example:${server.port}/`, call());
  await wait(500);
  const sentWhileNobodyRead = sent;
  const bytes = await buffer(data);

  assert.ok(sentWhileNobodyRead < size / 2, `${sentWhileNobodyRead} bytes were sent to nobody.`);
  assert.equal(bytes.length, size);
});

test('whoever stops reading, or is aborted, leaves no connection open', async () => {
  await using server = await webServer((socket) => send(socket, 'Content-Length: 10', 'x'));
  const gone = new AbortController();
  const client = clientWith();
  const url = `http://a.example:${server.port}/`;

  const first = await client.open(url, call());
  first.data.destroy();
  const second = await client.open(url, call({ signal: gone.signal }));
  gone.abort(new Error('Nobody wants it any more.'));

  await assert.rejects(buffer(second.data), /Nobody wants it/);
  await assert.rejects(client.open(url, call({ signal: gone.signal })), /Nobody wants it/);
  while (server.openConnections() > 0) await wait(5);
});

test('a body is posted, and a redirect is an answer like any other', async () => {
  await using server = await webServer((socket) => redirect(socket, 'http://169.254.169.254/'));

  const { status } = await clientWith().post(`http://a.example:${server.port}/hook`, {
    ...call(),
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });

  assert.equal(status, 302);
  assert.match(server.requests.join(), /^POST \/hook HTTP\/1\.1\r\n/);
});

test('the machine is asked for names that the operator named, and DNS alone for others', async () => {
  const { signal } = new AbortController();

  const named = await systemResolver.resolve('localhost', true, signal);

  assert.ok(named.includes('127.0.0.1') || named.includes('::1'));
  assert.deepEqual(await systemResolver.resolve('no-such-name.invalid', true, signal), []);
});
