import type { FastifyInstance } from 'fastify';
import { importMethodsDocument } from '../api/import-document.ts';
import { usageDocument } from '../api/quota-document.ts';
import type { Quotas } from '../service/quotas.ts';
import { refuseBody } from './body.ts';
import { sendJson } from './reply.ts';

/** What the service tells of itself. @see Images API v2, "Discovery" */
export function infoRoutes(app: FastifyInstance, quotas: Quotas): void {
  // Every way in is named here; data comes by upload alone, which is none of them.
  app.get('/v2/info/import', { onRequest: refuseBody }, async (_request, reply) =>
    sendJson(reply, 200, importMethodsDocument([])),
  );

  app.get('/v2/info/usage', { onRequest: refuseBody }, async (request, reply) =>
    sendJson(reply, 200, usageDocument(await quotas.usage(request.caller))),
  );
}
