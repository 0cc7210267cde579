import type { Server } from 'node:http';
import { type FastifyHttpOptions, LogController } from 'fastify';
import { maxJsonBody } from './body.ts';

/** How the HTTP server treats connections: every input is bounded, in size and in time. */
export const serverOptions = {
  bodyLimit: maxJsonBody,
  // Answers have ids of their own, and requests are logged where they fail.
  logController: new LogController({ disableRequestLogging: true }),
  exposeHeadRoutes: false,
  // Uploads may take hours; a connection on which nothing moves may not. Milliseconds.
  connectionTimeout: 120_000,
  keepAliveTimeout: 72_000,
  requestTimeout: 0,
  forceCloseConnections: 'idle',
  http: { maxHeaderSize: 32 * 1024, headersTimeout: 20_000, connectionsCheckingInterval: 5_000 },
  routerOptions: {
    // Any text may stand where an id does; the request line is bounded with the headers.
    maxParamLength: 32 * 1024,
    querystringParser: () => ({}),
  },
} as const satisfies FastifyHttpOptions<Server>;
