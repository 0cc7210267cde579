import { setTimeout as after } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Whether the service is about to end. */
export interface Closing {
  isClosing(): boolean;
}

/** How long an open connection is given for its next request, which is answered and told to be its last, ms. */
const patience = 300;

/** Between two looks whether connections are open, ms. */
const interval = 20;

/**
 * Ends a service without a request that fails: it goes on listening for a while, so that whoever shares requests out
 * finds out by `/healthcheck`, and the framework says with each answer that its connection closes.
 *
 * To be called after whatever else wants to know that the service closes.
 *
 * @param drainTime for which it listens at least, ms
 */
export function closeWhenAnswered(app: FastifyInstance, drainTime: number): Closing {
  let closing = false;
  let ending = false;
  app.addHook('preClose', async () => {
    closing = true;
    await after(drainTime);
    const lastMoment = performance.now() + patience;
    while (performance.now() < lastMoment && (await countConnections(app)) > 0) {
      await after(interval);
    }
    ending = true;
  });
  // Who was not told before may have the next request under way already, so as long as there is patience it is
  // told then; from there on waiting would take as long as connections are kept.
  app.addHook('onResponse', ({ raw }, _reply, done) => {
    if (ending) raw.socket.destroySoon();
    done();
  });
  return { isClosing: () => closing };
}

function countConnections({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((error, count) => resolve(error ? 0 : count));
  });
}
