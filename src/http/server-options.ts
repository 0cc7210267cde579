import type { Server } from 'node:http';
import { type FastifyHttpOptions, LogController } from 'fastify';
import type { Network } from './network.ts';

/** How the HTTP server treats connections. */
export function serverOptions({ times, maxHeaderSize, maxJsonBodySize, trustedProxies }: Network) {
  return {
    bodyLimit: maxJsonBodySize,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    // Answers have ids of their own, and requests are logged where they fail.
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    // No route has a schema of the framework's: what compiles them need not be loaded.
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
    // What comes on an open connection is answered like any other request.
    return503OnClosing: false,
    connectionTimeout: times.silence,
    keepAliveTimeout: times.keepAlive,
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    http: {
      maxHeaderSize,
      headersTimeout: times.head,
      connectionsCheckingInterval: times.interval,
    },
    routerOptions: {
      // Any text may stand where an id does; the request line is bounded with the headers.
      maxParamLength: maxHeaderSize,
      querystringParser: () => ({}),
    },
  } as const satisfies FastifyHttpOptions<Server>;
}

function noSchemas(): never {
  throw new Error('Bodies are checked by the API, not by the framework.');
}
