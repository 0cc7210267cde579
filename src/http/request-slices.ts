import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { RequestLimit } from './request-limit.ts';

/** How long requests that came in together may take of one turn of the event loop, ms. */
const slice = 20;

/** Requests between two looks at the clock; of those that wait, as many are taken in a turn: reads go in groups of so many. */
const few = 8;

/** Whoever asks how the service is must be told most of all when there is too much to do. */
const watching = /^\/(healthcheck|metrics)(\?|$)/;

/**
 * Takes what has come in together in slices, so that a thousand requests that each take some milliseconds do not keep the process
 * for seconds from all that comes next, who asks how it is among them. What waits counts as under way: beyond the limit more
 * is refused at once. To be called after whatever else listens for requests.
 */
export function takeInSlices(
  app: FastifyInstance,
  limit: Pick<RequestLimit, 'isFull' | 'begin' | 'end'>,
): void {
  const listeners = app.server.listeners('request') as RequestListener[];
  const take: RequestListener = (request, response) => {
    for (const listener of listeners) listener.call(app.server, request, response);
  };
  const waiting: [IncomingMessage, ServerResponse][] = [];
  let taken = 0;
  /** When it was first looked at in this turn; undefined before. */
  let began: number | undefined;
  let isSpent = false;

  function newTurn(): void {
    taken = 0;
    began = undefined;
    isSpent = false;
  }

  /** Whether this turn has had enough of requests. To look costs more than to count, and few never take that long. */
  function isOver(): boolean {
    taken += 1;
    if (taken % few !== 0) return isSpent;
    const now = performance.now();
    if (began === undefined) {
      began = now;
      setImmediate(newTurn);
    }
    isSpent = now - began > slice;
    return isSpent;
  }

  function takeFew(): void {
    for (const [request, response] of waiting.splice(0, few)) {
      limit.end();
      // Nobody is there to be answered.
      if (!request.socket.destroyed) take(request, response);
    }
    if (waiting.length > 0) setImmediate(takeFew);
  }

  app.server.removeAllListeners('request');
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const mustWait = isOver() || waiting.length > 0;
    if (!mustWait || limit.isFull() || watching.test(request.url ?? '')) {
      take(request, response);
      return;
    }
    limit.begin();
    waiting.push([request, response]);
    if (waiting.length === 1) setImmediate(takeFew);
  });
}
