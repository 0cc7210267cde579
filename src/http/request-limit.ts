import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import { RetryLaterError } from '../domain/retry-later.ts';
import { hasBody } from './body.ts';
import type { Traffic } from './metrics/traffic.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer takes as long as its reader does, and holds little memory meanwhile. */
    streamsAnswer?: boolean;
  }
}

/** Seconds: whoever is refused here waits for others that take moments. */
const wait = 1;

/** Refusals come in floods, and the log is told of each flood once; ms. */
const silenceInLog = 60_000;

/**
 * Refuses requests beyond `max` that are under way, before anything else is done for them: when answers come more slowly than
 * questions, memory must not grow with what waits. Transfers of data and streams of events have limits of their own.
 *
 * @param max 0 for no limit
 */
export function requestLimit(
  max: number,
  { shed }: Pick<Traffic, 'shed'>,
): ((app: FastifyInstance) => void) | undefined {
  if (max === 0) return undefined;
  let running = 0;
  let quietUntil = 0;

  const limit: onRequestHookHandler = (request, reply, done) => {
    const { streamsBody, streamsAnswer } = request.routeOptions.config;
    // A call that may bring data, and does not, is one like any other.
    if ((streamsBody && hasBody(request)) || streamsAnswer) return done();
    if (running >= max) {
      shed.max_requests += 1;
      if (performance.now() > quietUntil) {
        quietUntil = performance.now() + silenceInLog;
        request.log.warn(`Requests are refused: as many are under way as max_requests, ${max}.`);
      }
      const text = `The service is at ${max} requests already. Try again in ${wait} s.`;
      throw new RetryLaterError('ServiceBusy', text, wait);
    }
    running += 1;
    // The end of the answer, or of the connection.
    reply.raw.once('close', () => {
      running -= 1;
    });
    done();
  };
  return (app) => void app.addHook('onRequest', limit);
}
