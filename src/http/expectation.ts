import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';

/**
 * Asks a client that waits before it sends its data only once somebody reads it: a refused upload is
 * not sent at all.
 *
 * @see RFC 9110, 10.1.1 "Expect"
 */
export function continueWhenRead(app: FastifyInstance): void {
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // A client that is refused may send its data all the same, or not: the next request is not to be
    // taken for it.
    const { shouldKeepAlive } = response;
    response.shouldKeepAlive = false;
    request.once('resume', () => {
      if (response.headersSent) return;
      response.shouldKeepAlive = shouldKeepAlive;
      response.writeContinue();
    });
    app.server.emit('request', request, response);
  });
}
