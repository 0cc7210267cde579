import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify';
import { type Rate, rateLimiter } from '../domain/rate-limiter.ts';
import { RetryLaterError } from '../domain/retry-later.ts';
import { clientNetwork } from '../identity/client-network.ts';

/** How many requests the service takes of each; a rate of 0 is no limit. */
export interface RateLimits {
  readonly address: Rate;
  readonly project: Rate;
}

/** Refuses requests from an address that makes too many, before anything else is done for them. */
export function limitAddresses(app: FastifyInstance, limit: Rate): void {
  if (limit.rate === 0) return;
  const hook = limitBy('address', limit, ({ ip }) => clientNetwork(ip));
  app.addHook('onRequest', (request, reply, done) => {
    // Whoever asks whether the service is well must not be told that he asks too often.
    if (request.url === '/healthcheck' || request.url === '/metrics') done();
    else hook.call(app, request, reply, done);
  });
}

/**
 * A hook that refuses requests of a project that makes too many, or of a user without a project; undefined
 * for no limit. It wants to know the caller.
 */
export function projectLimit(limit: Rate): onRequestHookHandler | undefined {
  if (limit.rate === 0) return undefined;
  return limitBy('project', limit, ({ caller }) => caller.projectId ?? caller.userId);
}

function limitBy(
  who: 'address' | 'project',
  limit: Rate,
  keyOf: (request: FastifyRequest) => string,
): onRequestHookHandler {
  const limiter = rateLimiter(limit, () => performance.now());
  return (request, _reply, done) => {
    const wait = limiter.spend(keyOf(request));
    if (wait === 0) return done();
    const seconds = Math.ceil(wait / 1000);
    const text = `More requests come from this ${who} than the ${limit.rate} a second that it may make. Wait ${seconds} s, then try again.`;
    return done(new RetryLaterError('TooManyRequests', text, seconds));
  };
}
