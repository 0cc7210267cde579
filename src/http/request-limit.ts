import type { FastifyInstance, onRequestHookHandler } from 'fastify';
import { RetryLaterError } from '../domain/retry-later.ts';
import { hasBody } from './body.ts';
import type { LoopDelay } from './loop-delay.ts';
import type { ShedReason, Traffic } from './metrics/traffic.ts';

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

export interface RequestLimitOptions {
  /** Requests under way at a time; 0 for no limit. */
  readonly maxRequests: number;
  readonly delay: Pick<LoopDelay, 'isLate'>;
  readonly traffic: Pick<Traffic, 'shed'>;
}

/** Keeps memory from growing with what waits, when answers come more slowly than questions. */
export interface RequestLimit {
  /** Whether one more request is one too many. */
  isFull(): boolean;
  /** Counts a request that is answered without the framework; to be ended once. */
  begin(): void;
  end(): void;
  /**
   * Refuses requests of `app` that are too many, before anything else is done for them. Transfers of data and streams of events
   * have limits of their own, and are refused only while the process does not get round to its work.
   */
  guard(app: FastifyInstance): void;
}

export function requestLimit({ maxRequests, delay, traffic }: RequestLimitOptions): RequestLimit {
  const max = maxRequests === 0 ? Number.POSITIVE_INFINITY : maxRequests;
  let running = 0;
  let quietUntil = 0;

  /** Says why, if there is too much to do. */
  function excess(): { readonly limit: ShedReason; readonly text: string } | undefined {
    if (delay.isLate()) {
      return { limit: 'max_loop_delay', text: 'The service has more to do than it gets done.' };
    }
    if (running < max) return undefined;
    return { limit: 'max_requests', text: `The service is at ${max} requests already.` };
  }

  function refuse({ limit, text }: NonNullable<ReturnType<typeof excess>>, app: FastifyInstance) {
    traffic.shed[limit] += 1;
    if (performance.now() > quietUntil) {
      quietUntil = performance.now() + silenceInLog;
      app.log.warn(`Requests are refused, as ${limit} says. ${text}`);
    }
    throw new RetryLaterError('ServiceBusy', `${text} Try again in ${wait} s.`, wait);
  }

  return {
    isFull: () => running >= max || delay.isLate(),
    begin: () => {
      running += 1;
    },
    end: () => {
      running -= 1;
    },

    guard(app) {
      const limit: onRequestHookHandler = (request, reply, done) => {
        const tooMuch = excess();
        const { streamsBody, streamsAnswer } = request.routeOptions.config;
        // A call that may bring data, and does not, is one like any other.
        const isTransfer = (streamsBody && hasBody(request)) || streamsAnswer;
        if (isTransfer && tooMuch?.limit !== 'max_loop_delay') return done();
        if (tooMuch) return refuse(tooMuch, app);
        running += 1;
        // The end of the answer, or of the connection.
        reply.raw.once('close', () => {
          running -= 1;
        });
        done();
      };
      app.addHook('onRequest', limit);
    },
  };
}
