import type { FastifyInstance } from 'fastify';
import { noteCall, type Traffic } from './traffic.ts';

/** Counts every request of `app`, whatever becomes of it; to be called before all else that looks at them. */
export function countRequests(app: FastifyInstance, traffic: Traffic): void {
  app.addHook('onRequest', (request, reply, done) => {
    const began = performance.now();
    const { raw } = reply;
    traffic.running += 1;
    // The end of the answer, or of the connection.
    raw.once('close', () => {
      traffic.running -= 1;
      const counts = traffic.of(request.method, request.routeOptions.url);
      noteCall(counts, raw.writableFinished ? raw.statusCode : 0, began);
    });
    done();
  });
}
