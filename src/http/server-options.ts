import type { Server } from 'node:http';
import { type FastifyHttpOptions, LogController } from 'fastify';
import { maxJsonBody } from './body.ts';

/** How long clients may take over what they send, ms. */
export interface ConnectionTimes {
  /** For a head; looked at in every `interval`. */
  readonly head: number;
  /** For a JSON body. */
  readonly body: number;
  /** Uploads may take hours; a connection on which nothing moves may not. */
  readonly silence: number;
  readonly interval: number;
}

export const connectionTimes: ConnectionTimes = {
  head: 20_000,
  body: 30_000,
  silence: 120_000,
  interval: 5_000,
};

/** How the HTTP server treats connections: every input is bounded, in size and in time. */
export function serverOptions(times: ConnectionTimes) {
  return {
    bodyLimit: maxJsonBody,
    // Answers have ids of their own, and requests are logged where they fail.
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    connectionTimeout: times.silence,
    keepAliveTimeout: 72_000,
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    http: {
      maxHeaderSize: 32 * 1024,
      headersTimeout: times.head,
      connectionsCheckingInterval: times.interval,
    },
    routerOptions: {
      // Any text may stand where an id does; the request line is bounded with the headers.
      maxParamLength: 32 * 1024,
      querystringParser: () => ({}),
    },
  } as const satisfies FastifyHttpOptions<Server>;
}
