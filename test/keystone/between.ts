import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer as createSecureServer } from 'node:tls';

/** What stands between the service and Keystone. */
export interface Between extends AsyncDisposable {
  readonly port: number;
}

/** A line to `port` by which everything arrives `delay` milliseconds late. */
export function slowLine(port: number, delay: number): Promise<Between> {
  return open(
    createServer((near) => {
      const far = connect(port, '127.0.0.1');
      join(near, far);
      near.on('data', (bytes) => void pause(delay).then(() => far.write(bytes)));
      far.pipe(near);
    }),
  );
}

/** A line that ends TLS, with the certificate of 127.0.0.1 and its key in PEM. */
export function secureLine(
  port: number,
  { cert, key }: { cert: string; key: string },
): Promise<Between> {
  return open(
    createSecureServer({ cert, key }, (near) => {
      const far = connect(port, '127.0.0.1');
      join(near, far);
      near.pipe(far).pipe(near);
    }),
  );
}

/** Something that answers whatever it is asked with `bytes`. */
export function babbler(bytes: Uint8Array): Promise<Between> {
  return open(
    createServer((near) =>
      near.on('error', () => near.destroy()).once('data', () => near.end(bytes)),
    ),
  );
}

/** Neither end outlives the other. */
function join(near: Socket, far: Socket): void {
  for (const [one, other] of [
    [near, far],
    [far, near],
  ] as const) {
    one.on('error', () => one.destroy());
    one.on('close', () => other.destroy());
  }
}

async function open(server: Server): Promise<Between> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
