import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What happens to connections. */
export type LineState =
  /** They pass. */
  | { readonly kind: 'open' }
  /** They are closed at once, those that stand too. */
  | { readonly kind: 'closed' }
  /** Nothing of what is sent arrives. */
  | { readonly kind: 'silent' }
  /** A server in between answers that it is busy. */
  | { readonly kind: 'busy' }
  /** The connection of the first request whose first line matches is cut once some of it is through. */
  | { readonly kind: 'cutRequest'; readonly line: RegExp; readonly after: number }
  /** One byte of the first request that matches arrives as another. */
  | { readonly kind: 'garbleRequest'; readonly line: RegExp; readonly after: number }
  /** The first request that matches arrives whole, but its answer is cut after some bytes. */
  | { readonly kind: 'cutAnswer'; readonly line: RegExp; readonly after: number };

/** What stands between a store and its server. */
export interface Line extends AsyncDisposable {
  readonly port: number;
  /** How many requests and answers were cut or garbled. */
  readonly cuts: number;
  /** How many bytes came back from the server. */
  readonly answered: number;
  set(state: LineState): void;
}

const busy =
  'HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/** A line to `port`, open at first. */
export async function lineTo(port: number): Promise<Line> {
  let state: LineState = { kind: 'open' };
  let cuts = 0;
  let answeredInAll = 0;
  const sockets = new Set<Socket>();

  function cut(near: Socket): void {
    cuts += 1;
    state = { kind: 'open' };
    near.resetAndDestroy();
  }

  function garble(bytes: Buffer): void {
    cuts += 1;
    state = { kind: 'open' };
    const last = bytes.length - 1;
    bytes.writeUInt8(bytes.readUInt8(last) ^ 1, last);
  }

  function pass(near: Socket): void {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => one.destroy());
      one.on('close', () => other.destroy());
    }
    let sent = 0;
    let answered = 0;
    let isWatched = false;
    near.on('data', (bytes: Buffer) => {
      const isMatch =
        'line' in state && state.line.test(bytes.toString('latin1', 0, 600)) && !isWatched;
      if (isMatch) [isWatched, sent, answered] = [true, 0, 0];
      sent += bytes.length;
      if (isWatched && state.kind === 'garbleRequest' && sent >= state.after) garble(bytes);
      if (!far.write(bytes)) {
        near.pause();
        far.once('drain', () => near.resume());
      }
      if (isWatched && state.kind === 'cutRequest' && sent >= state.after) cut(near);
    });
    far.on('data', (bytes: Buffer) => {
      answered += bytes.length;
      answeredInAll += bytes.length;
      if (isWatched && state.kind === 'cutAnswer' && answered > state.after) return cut(near);
      if (!near.write(bytes)) {
        far.pause();
        near.once('drain', () => far.resume());
      }
    });
  }

  const server = createServer((near) => {
    sockets.add(near);
    near.on('close', () => sockets.delete(near)).on('error', () => near.destroy());
    if (state.kind === 'closed') near.destroy();
    else if (state.kind === 'silent') near.resume();
    else if (state.kind === 'busy') near.once('data', () => near.end(busy)).resume();
    else pass(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const closeAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get cuts() {
      return cuts;
    },
    get answered() {
      return answeredInAll;
    },
    set(next) {
      state = next;
      if (!('line' in next)) closeAll();
    },
    async [Symbol.asyncDispose]() {
      closeAll();
      server.close();
      await once(server, 'close');
    },
  };
}
