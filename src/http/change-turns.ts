import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { ReadRequests } from '../domain/read-requests.ts';

/** How long after somebody has read changes take turns, ms: it costs time, and helps nobody else. */
const quietTime = 20;

const reading: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Takes requests for changes that have come in together one in a turn of the event loop, while others read: who reads
 * then waits for one of them rather than for all. A change waits for the disk, and so notices nothing.
 */
export function takeChangesInTurns(app: FastifyInstance, requests: ReadRequests): void {
  const listeners = app.server.listeners('request') as RequestListener[];
  const take: RequestListener = (request, response) => {
    for (const listener of listeners) listener.call(app.server, request, response);
  };
  const waiting: [IncomingMessage, ServerResponse][] = [];
  let hadTurn = false;
  let lastRead = Number.NEGATIVE_INFINITY;

  function next(): void {
    const one = waiting.shift();
    hadTurn = one !== undefined;
    if (!one) return;
    setImmediate(next);
    // Whoever waits for the end of a connection must not begin behind it, and nobody is there to be answered.
    if (!one[0].socket.destroyed) take(...one);
  }

  app.server.removeAllListeners('request');
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (reading.has(request.method ?? '')) {
      requests.count += 1;
      lastRead = performance.now();
      take(request, response);
    } else if (hadTurn) {
      waiting.push([request, response]);
    } else {
      if (performance.now() - lastRead < quietTime) {
        hadTurn = true;
        setImmediate(next);
      }
      take(request, response);
    }
  });
}
