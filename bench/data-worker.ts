// A client that does as little as moving image data takes, in a process of its own, so that the
// figure is the service's: it writes from one buffer, and drops what it reads.
import { open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import type { Transfer } from './data-client.ts';

const chunkBytes = 1024 * 1024;

process.once('message', (transfer: Transfer) => {
  move(transfer).then(
    (seconds) => process.send?.({ seconds }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

async function move(transfer: Transfer): Promise<number> {
  const begin = performance.now();
  const one = transfer.file === undefined ? download : upload;
  await Promise.all(transfer.paths.map((path) => one(transfer, path)));
  return (performance.now() - begin) / 1000;
}

async function upload(transfer: Transfer, path: string): Promise<void> {
  await using file = await open(transfer.file ?? '');
  const answer = answerOf(transfer, path, 0);
  await write(
    answer.socket,
    `${head('PUT', transfer, path)}Content-Type: application/octet-stream\r\nContent-Length: ${transfer.size}\r\n\r\n`,
  );
  const chunk = Buffer.allocUnsafe(chunkBytes);
  for (let sent = 0; sent < transfer.size; ) {
    const { bytesRead } = await file.read(chunk, 0, chunkBytes, sent);
    if (bytesRead === 0) throw new Error(`${transfer.file} is shorter than ${transfer.size}.`);
    // A refusal in the middle of the data ends the sending at once.
    await Promise.race([write(answer.socket, chunk.subarray(0, bytesRead)), answer.done]);
    sent += bytesRead;
  }
  await answer.done;
}

async function download(transfer: Transfer, path: string): Promise<void> {
  const answer = answerOf(transfer, path, transfer.size);
  await write(answer.socket, `${head('GET', transfer, path)}\r\n`);
  await answer.done;
}

function head(method: string, transfer: Transfer, path: string): string {
  const { host } = new URL(transfer.url);
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nX-Auth-Token: ${transfer.token}\r\nConnection: close\r\n`;
}

/** Resolves when the connection has ended after a 2xx with at least `size` bytes of body; keeps no body. */
function answerOf(
  transfer: Transfer,
  path: string,
  size: number,
): { readonly socket: Socket; readonly done: Promise<void> } {
  const { hostname, port } = new URL(transfer.url);
  let start = '';
  let received = 0;
  const socket = connect({
    host: hostname,
    port: Number(port),
    onread: {
      buffer: Buffer.allocUnsafe(chunkBytes),
      callback: (bytes, buffer) => {
        if (received === 0) start = Buffer.from(buffer.buffer, 0, Math.min(bytes, 500)).toString();
        received += bytes;
        return true;
      },
    },
  });
  const done = new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => {
      if (/^HTTP\/1\.1 2/.test(start) && received > size) resolve();
      else reject(new Error(`${path}: ${received} bytes, ${start.split('\r\n')[0]}`));
    });
  });
  return { socket, done };
}

function write(socket: Socket, data: string | Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(data, (error) => (error ? reject(error) : resolve()));
  });
}
