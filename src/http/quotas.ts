import type { FastifyInstance } from 'fastify';
import { parseJsonObject } from '../api/json-body.ts';
import { parseQuotas, quotasDocument } from '../api/quota-document.ts';
import type { Quotas } from '../service/quotas.ts';
import { bodyOf, refuseBody } from './body.ts';
import { sendJson } from './reply.ts';

interface ProjectParams {
  Params: { projectId: string };
}

/** What each project may have; for admins. */
export function quotaRoutes(app: FastifyInstance, quotas: Quotas): void {
  const path = '/vitrine/v1/projects/:projectId/quotas';

  app.get<ProjectParams>(path, { onRequest: refuseBody }, async (request, reply) => {
    const states = await quotas.show(request.caller, request.params.projectId);
    return sendJson(reply, 200, quotasDocument(states));
  });

  app.put<ProjectParams>(path, async (request, reply) => {
    const changes = parseQuotas(parseJsonObject(bodyOf(request)));
    const states = await quotas.set(request.caller, request.params.projectId, changes);
    return sendJson(reply, 200, quotasDocument(states));
  });

  app.delete<ProjectParams>(path, { onRequest: refuseBody }, async (request, reply) => {
    await quotas.reset(request.caller, request.params.projectId);
    return reply.code(204).send();
  });
}
