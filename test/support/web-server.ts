import { createServer, type Server, type Socket } from 'node:net';
import { parseIpNetwork } from '../../src/domain/ip-address.ts';
import type { WebRules } from '../../src/domain/web-rules.ts';
import type { WebResolver } from '../../src/web/resolver.ts';

/** A server that sends whatever bytes a test wants, right or wrong, to whoever asks it. */
export interface WebServer extends AsyncDisposable {
  readonly port: number;
  /** The heads of the requests that came. */
  readonly requests: readonly string[];
  /** How many connections are open. */
  openConnections(): number;
}

/** @param answer is called with the whole head of each request */
export async function webServer(
  answer: (socket: Socket, head: string) => void,
  address = '127.0.0.2',
): Promise<WebServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let head = '';
    socket.on('data', (chunk) => {
      head += chunk.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      requests.push(head);
      answer(socket, head);
      head = '';
    });
  });
  await listen(server, address);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : 0,
    requests,
    openConnections: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
}

/** Answers with a head of these fields, and a body. */
export function send(socket: Socket, fields: string, body: string | Buffer = ''): void {
  socket.write(`HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`);
  socket.write(body);
}

/** All ports, and beside the public networks the one address that test servers have. */
export const testRules: WebRules = {
  schemes: { allowed: ['http', 'https'], denied: [] },
  ports: { allowed: [], denied: [] },
  hosts: { allowed: [], denied: [] },
  networks: { allowed: [parseIpNetwork('127.0.0.2')].filter((one) => !!one), denied: [] },
};

/** A resolver that gives each of these lists of addresses in turn, and then the last one again. */
export function answers(...lists: readonly (readonly string[])[]): WebResolver & {
  readonly asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    async resolve(host) {
      asked.push(host);
      return lists[Math.min(asked.length, lists.length) - 1] ?? [];
    },
  };
}
