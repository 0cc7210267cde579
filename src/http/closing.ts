import type { FastifyInstance } from 'fastify';

/**
 * Closes each connection once its answer is out, from the moment that the service closes: a client
 * that keeps its connection alive would hold the service up until the last patience is over.
 */
export function closeWhenAnswered(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onResponse', ({ raw }, _reply, done) => {
    if (closing) raw.socket.destroySoon();
    done();
  });
}
