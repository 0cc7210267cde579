import type { FastifyInstance } from 'fastify';
import { importMethodsDocument } from '../api/import-document.ts';
import { usageDocument } from '../api/quota-document.ts';
import type { Quotas } from '../service/quotas.ts';
import { refuseBody } from './body.ts';
import { sendJson } from './reply.ts';

/** The ways in which data can be imported. @see Images API v2, "Discovery" */
export function importRoutes(app: FastifyInstance): void {
  // Every way in is named here; data comes by upload alone, which is none of them.
  app.get('/v2/info/import', { onRequest: refuseBody }, async (_request, reply) =>
    sendJson(reply, 200, importMethodsDocument([])),
  );
}

/**
 * What the caller's project uses. Glance's router has no 405 for this path, and minds no body.
 *
 * @see Images API v2, "Quota usage"
 */
export function usageRoutes(app: FastifyInstance, quotas: Quotas): void {
  app.get('/v2/info/usage', async (request, reply) =>
    sendJson(reply, 200, usageDocument(await quotas.usage(request.caller))),
  );
}
