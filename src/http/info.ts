import type { FastifyInstance } from 'fastify';
import { usageDocument } from '../api/quota-document.ts';
import type { Quotas } from '../service/quotas.ts';
import { sendJson } from './reply.ts';

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
